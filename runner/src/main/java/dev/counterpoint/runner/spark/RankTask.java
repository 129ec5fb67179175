package dev.counterpoint.runner.spark;

import java.io.IOException;
import java.io.Serializable;
import java.util.List;
import org.apache.spark.BarrierTaskContext;
import org.apache.spark.TaskKilledException;
import org.apache.spark.broadcast.Broadcast;
import scala.collection.Iterator;
import scala.jdk.javaapi.CollectionConverters;
import scala.runtime.AbstractFunction1;

/** What a task of the barrier stage does: it sees one rank through, and returns its exit code. */
final class RankTask extends AbstractFunction1<Iterator<Integer>, Iterator<Integer>>
    implements Serializable {
  private static final long serialVersionUID = 1L;

  private final JobPlan plan;
  private final Program program;
  private final RankOptions options;
  private final DriverLine.Address driver;
  private final Broadcast<byte[]> bundle;

  RankTask(
      JobPlan plan,
      Program program,
      RankOptions options,
      DriverLine.Address driver,
      Broadcast<byte[]> bundle) {
    this.plan = plan;
    this.program = program;
    this.options = options;
    this.driver = driver;
    this.bundle = bundle;
  }

  /** Takes no notice of what is in its partition: the partition's number is the rank. */
  @Override
  public Iterator<Integer> apply(Iterator<Integer> partition) {
    BarrierTaskContext context = BarrierTaskContext.get();
    Neighbours neighbours = Neighbours.of(context);
    RankId id = neighbours.id(context.stageAttemptNumber());
    try (DriverLine line = DriverLine.open(driver, id);
        TaskFolder folder = TaskFolder.make(neighbours.rank())) {
      int code = supervise(new RankSupervisor.Place(context, neighbours, folder), line);
      return CollectionConverters.asScala(List.of(code).iterator());
    } catch (IOException e) {
      throw new IllegalStateException(id + ": " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(id + " was cancelled.", e);
    }
  }

  private int supervise(RankSupervisor.Place place, DriverLine line)
      throws IOException, InterruptedException {
    try {
      place.folder().unpack(bundle.value());
      RankSupervisor.Job job = new RankSupervisor.Job(plan, program, options, driver.secret());
      return new RankSupervisor(job, place, line).run();
    } catch (AttemptFailed | TaskKilledException e) {
      throw e; // The driver knows.
    } catch (IOException | RuntimeException e) {
      line.say(DriverLine.Word.FAILED, words(e));
      throw e;
    }
  }

  /** Of other exceptions the message alone is often no more than a path. */
  private static String words(Exception e) {
    boolean sentence = e instanceof JobFailed || e.getClass() == IOException.class;
    return sentence ? String.valueOf(e.getMessage()) : e.toString();
  }
}
