package dev.counterpoint.runner.check;

import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.runner.RunFailed;
import dev.counterpoint.runner.rundir.RunDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * Trains a run once through, and once more with kills: SIGKILL at random steps, every other time
 * not before a checkpoint is being written. Both must make the same steps, bit for bit, and end
 * with the same parameters.
 */
public final class ResumeCheck {
  private static final long PATIENCE_NANOS = 60_000_000_000L;

  private final Request request;
  private final Path folder;
  private final Consumer<String> news;
  private final Consumer<Path> afterKill;
  private final SplittableRandom random;
  private int kills;
  private int whileWriting;

  /**
   * What is to be checked.
   *
   * @param run as on the command line of {@code train}
   * @param more its further arguments, {@code --set} and {@code --classpath}
   * @param seed of the moments of the kills
   */
  public record Request(String run, List<String> more, int kills, long seed) {
    public Request {
      if (kills < 1 || kills > 1000) {
        throw new InvalidSettings("--kills " + kills + " must be from 1 to 1000.");
      }
      more = List.copyOf(more);
    }
  }

  /**
   * What came of it.
   *
   * @param kills fewer than asked for where the run ended before the last
   * @param steps of the whole run
   * @param repeated steps that were made again after a kill
   * @param withinEpoch kills after which the run went on within an epoch, from a step above 0
   * @param whileWriting kills that met the run while it wrote a checkpoint
   * @param difference the first step that differs, and how; absent where none does
   * @param modelHash of the run that was not killed
   */
  public record Outcome(
      int kills,
      long steps,
      long repeated,
      int withinEpoch,
      int whileWriting,
      Optional<String> difference,
      String modelHash) {}

  /**
   * Prepares the check.
   *
   * @param folder empty; gets the two runs
   * @param news told what happens
   */
  public ResumeCheck(Request request, Path folder, Consumer<String> news) {
    this(request, folder, news, run -> {});
  }

  /**
   * @param afterKill may change the run directory, as a checkpoint that lacks something would be
   */
  ResumeCheck(Request request, Path folder, Consumer<String> news, Consumer<Path> afterKill) {
    this.request = request;
    this.folder = folder;
    this.news = news;
    this.afterKill = afterKill;
    this.random = new SplittableRandom(request.seed());
  }

  /**
   * Runs both.
   *
   * @throws RunFailed where a training ends otherwise than by a kill
   */
  public Outcome run() throws IOException {
    return compareWith(trainWhole());
  }

  Evidence trainWhole() throws IOException {
    news.accept("training once through ...");
    finish(beginning("whole", List.of()));
    Evidence whole = evidence("whole");
    news.accept(whole.steps() + " steps; model " + whole.modelHash().substring(0, 12));
    return whole;
  }

  Outcome compareWith(Evidence whole) throws IOException {
    if (whole.steps() < 2 * request.kills()) {
      throw new InvalidSettings(
          "The run has "
              + whole.steps()
              + " steps, too few for "
              + request.kills()
              + " kills; ask for fewer (--kills), or train longer.");
    }
    trainKilled(whole.steps());
    return outcome(whole, evidence("killed"));
  }

  private void trainKilled(long steps) throws IOException {
    // Often enough that the run gets on between two kills; when it is saved changes no bit of it.
    long every = Math.max(1, steps / (4L * request.kills()));
    List<String> arguments =
        beginning("killed", List.of("--set", "checkpoint.everySteps=" + every));
    long[] moments =
        random
            .longs(request.kills(), every + 1, Math.max(every + 2, steps - every))
            .sorted()
            .toArray();
    for (int i = 0; i < moments.length; i++) {
      killAt(moments[i], arguments, i % 2 == 1);
      arguments = resuming();
    }
    finish(arguments);
  }

  private List<String> beginning(String name, List<String> further) {
    List<String> arguments = new ArrayList<>(List.of(request.run()));
    arguments.addAll(request.more());
    arguments.addAll(further);
    arguments.addAll(List.of("--output", run(name).toString(), "--trace", trace(name).toString()));
    return arguments;
  }

  private List<String> resuming() {
    return List.of(run("killed").toString(), "--trace", trace("killed").toString());
  }

  private void finish(List<String> arguments) throws IOException {
    try (TrainingProcess training = TrainingProcess.start(arguments, log())) {
      int code = training.exitCode();
      if (code != 0) {
        throw failed(training, code);
      }
    }
  }

  private void killAt(long step, List<String> arguments, boolean whenWriting) throws IOException {
    try (TrainingProcess training = TrainingProcess.start(arguments, log())) {
      await(training, () -> lastStep() >= step);
      if (whenWriting) {
        await(training, this::writing);
      }
      pause(random.nextInt(whenWriting ? 3 : 30));
      if (training.kill()) {
        killed();
      } else if (training.exitCode() != 0) {
        throw failed(training, training.exitCode());
      }
    }
  }

  private void killed() throws IOException {
    kills++;
    whileWriting += writing() ? 1 : 0;
    news.accept(
        "killed at step " + lastStep() + (writing() ? ", while it wrote a checkpoint" : ""));
    afterKill.accept(run("killed"));
  }

  /** Whether something awaited has come, asked again and again. */
  private interface Condition {
    boolean met() throws IOException;
  }

  private static void await(TrainingProcess training, Condition condition) throws IOException {
    long begin = System.nanoTime();
    while (training.alive() && !condition.met()) {
      if (System.nanoTime() - begin > PATIENCE_NANOS) {
        return; // A step or a write that takes so long is killed in its middle.
      }
      pause(1);
    }
  }

  private static void pause(int millis) {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("Interrupted while a training ran.", e);
    }
  }

  private long lastStep() throws IOException {
    return StepTrace.lastStep(trace("killed"));
  }

  /** A checkpoint that is being written stands under a hidden name. */
  private boolean writing() throws IOException {
    Path checkpoints = new RunDirectory(run("killed")).checkpoints();
    if (!Files.isDirectory(checkpoints)) {
      return false;
    }
    try (Stream<Path> files = Files.list(checkpoints)) {
      return files.anyMatch(file -> file.getFileName().toString().endsWith(".new"));
    }
  }

  private Outcome outcome(Evidence whole, Evidence killed) {
    long within =
        killed.trace().lives().stream()
            .skip(1)
            .filter(life -> life.from() > 0 && life.beganWithinAnEpoch())
            .count();
    return new Outcome(
        kills,
        whole.steps(),
        killed.steps() - whole.steps(),
        (int) within,
        whileWriting,
        whole.difference(killed),
        whole.modelHash());
  }

  private RunFailed failed(TrainingProcess training, int code) throws IOException {
    return new RunFailed(
        "A training ended with exit code "
            + code
            + " by itself. It said (all of it is in "
            + log()
            + "):\n"
            + training.lastWords());
  }

  private Evidence evidence(String name) throws IOException {
    return Evidence.of(new RunDirectory(run(name)), trace(name));
  }

  private Path run(String name) {
    return folder.resolve(name);
  }

  private Path trace(String name) {
    return folder.resolve(name + ".trace");
  }

  private Path log() {
    return folder.resolve("log.txt");
  }
}
