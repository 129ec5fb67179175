package dev.counterpoint.strategies.spark;

import dev.counterpoint.strategies.launch.LaunchException;
import java.io.IOException;
import java.io.Serializable;
import java.util.List;
import org.apache.spark.BarrierTaskContext;
import org.apache.spark.TaskKilledException;
import org.apache.spark.broadcast.Broadcast;
import scala.collection.Iterator;
import scala.jdk.javaapi.CollectionConverters;
import scala.runtime.AbstractFunction1;

/** The function of a barrier task: supervises one rank, and returns its exit code. */
final class RankTask extends AbstractFunction1<Iterator<Integer>, Iterator<Integer>>
    implements Serializable {
  private static final long serialVersionUID = 1L;

  private final JobPlan plan;
  private final Program program;
  private final DriverConnection.Driver driver;
  private final Broadcast<byte[]> bundle;

  RankTask(
      JobPlan plan, Program program, DriverConnection.Driver driver, Broadcast<byte[]> bundle) {
    this.plan = plan;
    this.program = program;
    this.driver = driver;
    this.bundle = bundle;
  }

  /** The partition number is the rank; the content of the partition is ignored. */
  @Override
  public Iterator<Integer> apply(Iterator<Integer> partition) {
    BarrierTaskContext context = BarrierTaskContext.get();
    TaskPlacement placement = TaskPlacement.of(context);
    RankId id = placement.id(context.stageAttemptNumber());
    try (DriverConnection connection = DriverConnection.open(driver, id);
        TaskFolder folder = TaskFolder.create("rank-" + placement.rank())) {
      int code = supervise(new RankSupervisor.Placement(context, placement, folder), connection);
      return CollectionConverters.asScala(List.of(code).iterator());
    } catch (IOException e) {
      throw new IllegalStateException(id + ": " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(id + " was cancelled.", e);
    }
  }

  private int supervise(RankSupervisor.Placement placement, DriverConnection connection)
      throws IOException, InterruptedException {
    try {
      placement.folder().extract(bundle.value());
      RankSupervisor.SparkJob job = new RankSupervisor.SparkJob(plan, program, driver.secret());
      return new RankSupervisor(job, placement, connection).run();
    } catch (RankSupervisor.AttemptFailed | TaskKilledException e) {
      throw e; // The driver has the reason.
    } catch (IOException | RuntimeException e) {
      connection.report(DriverConnection.Kind.FAILED, message(e));
      throw e;
    }
  }

  /** The message, or for most exceptions their description: the message is often only a path. */
  private static String message(Exception e) {
    boolean sentence = e instanceof LaunchException || e.getClass() == IOException.class;
    return sentence ? String.valueOf(e.getMessage()) : e.toString();
  }
}
