package dev.counterpoint.runner.check;

import com.google.common.util.concurrent.Uninterruptibles;
import dev.counterpoint.core.internal.storage.FolderEntries;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.runner.RunFailed;
import dev.counterpoint.runner.machine.ChildJvm;
import dev.counterpoint.runner.machine.CurrentJvm;
import dev.counterpoint.runner.rundir.RunDirectory;
import dev.counterpoint.runner.wiring.Run;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.Consumer;

/**
 * Resume check: trains a run once without interruption, and once with kills and resumes. The kills
 * are SIGKILL at random steps; every second one waits until a checkpoint is being written. Both
 * runs must have bit-identical steps and final parameters.
 */
public final class ResumeCheck {
  private static final long TIMEOUT_NANOS = 60_000_000_000L;

  private final Request request;
  private final Path folder;
  private final Consumer<String> log;
  private final Consumer<Path> afterKill;
  private final SplittableRandom random;
  private int kills;
  private int whileWriting;

  /**
   * The arguments of the check.
   *
   * @param run the run and its options, as on the command line of {@code train}
   * @param kills the number of kills, from 1 to 1000
   * @param seed the seed of the steps at which the run is killed
   */
  public record Request(List<String> run, int kills, long seed) {
    public Request {
      if (kills < 1 || kills > 1000) {
        throw new InvalidSettings("--kills " + kills + " must be from 1 to 1000.");
      }
      run = List.copyOf(run);
    }
  }

  /**
   * The result of the check.
   *
   * @param kills the number of kills; fewer than requested if the run finished before the last
   * @param steps the number of steps of the uninterrupted run
   * @param repeated the number of steps that were repeated after a kill
   * @param withinEpoch the number of resumes from a step above 0 within an epoch
   * @param whileWriting the number of kills while a checkpoint was being written
   * @param difference a description of the first difference; empty if the runs are identical
   * @param modelHash the model hash of the uninterrupted run
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
   * @param folder an empty folder for both runs
   * @param log receives progress messages
   */
  public ResumeCheck(Request request, Path folder, Consumer<String> log) {
    this(request, folder, log, run -> {});
  }

  /**
   * Prepares the check with a hook for tests.
   *
   * @param afterKill called with the run directory after each kill, for example to corrupt it
   */
  ResumeCheck(Request request, Path folder, Consumer<String> log, Consumer<Path> afterKill) {
    this.request = request;
    this.folder = folder;
    this.log = log;
    this.afterKill = afterKill;
    this.random = new SplittableRandom(request.seed());
  }

  /**
   * Runs both trainings and compares them.
   *
   * @throws RunFailed if a training fails other than by a kill
   */
  public Outcome run() throws IOException {
    return compareWith(trainUninterrupted());
  }

  Evidence trainUninterrupted() throws IOException {
    log.accept("training without interruption ...");
    finish(startArguments("whole", List.of()));
    Evidence uninterrupted = evidence("whole");
    log.accept(
        uninterrupted.steps() + " steps; model " + uninterrupted.modelHash().substring(0, 12));
    return uninterrupted;
  }

  Outcome compareWith(Evidence uninterrupted) throws IOException {
    if (uninterrupted.steps() < 2 * request.kills()) {
      throw new InvalidSettings(
          "The run has %s steps, too few for %s kills. Reduce --kills, or train longer.",
          uninterrupted.steps(), request.kills());
    }
    trainKilled(uninterrupted.steps());
    return outcome(uninterrupted, evidence("killed"));
  }

  private void trainKilled(long steps) throws IOException {
    // Frequent enough for progress between two kills; the checkpoint interval changes no result.
    long every = Math.max(1, steps / (4L * request.kills()));
    List<String> arguments =
        startArguments("killed", List.of("--set", "checkpoint.everySteps=" + every));
    long[] killSteps =
        random
            .longs(request.kills(), every + 1, Math.max(every + 2, steps - every))
            .sorted()
            .toArray();
    for (int i = 0; i < killSteps.length; i++) {
      killAt(killSteps[i], arguments, i % 2 == 1);
      arguments = resumeArguments();
    }
    finish(arguments);
  }

  private List<String> startArguments(String name, List<String> extraOptions) {
    List<String> arguments = new ArrayList<>(List.of("train"));
    arguments.addAll(request.run());
    arguments.addAll(extraOptions);
    arguments.addAll(List.of("--output", run(name).toString(), "--trace", trace(name).toString()));
    return arguments;
  }

  private List<String> resumeArguments() {
    return List.of(
        "train", run("killed").toString(), "--trust-code", "--trace", trace("killed").toString());
  }

  private ChildJvm start(List<String> arguments) throws IOException {
    return ChildJvm.start(
        CurrentJvm.MAIN,
        arguments,
        logFile(),
        environment -> environment.put(Run.REPETITION, "true"));
  }

  private void finish(List<String> arguments) throws IOException {
    try (ChildJvm training = start(arguments)) {
      int code = training.exitCode();
      if (code != 0) {
        throw failed(training, code);
      }
    }
  }

  private void killAt(long step, List<String> arguments, boolean whenWriting) throws IOException {
    try (ChildJvm training = start(arguments)) {
      await(training, () -> lastStep() >= step);
      if (whenWriting) {
        await(training, this::isWriting);
      }
      Uninterruptibles.sleepUninterruptibly(
          Duration.ofMillis(random.nextInt(whenWriting ? 3 : 30)));
      if (training.kill()) {
        killed();
      } else if (training.exitCode() != 0) {
        throw failed(training, training.exitCode());
      }
    }
  }

  private void killed() throws IOException {
    kills++;
    whileWriting += isWriting() ? 1 : 0;
    log.accept("killed at step " + lastStep() + (isWriting() ? " while writing a checkpoint" : ""));
    afterKill.accept(run("killed"));
  }

  /** A condition that is polled. */
  private interface Condition {
    boolean met() throws IOException;
  }

  private static void await(ChildJvm training, Condition condition) throws IOException {
    long start = System.nanoTime();
    while (training.alive() && !condition.met()) {
      if (System.nanoTime() - start > TIMEOUT_NANOS) {
        return; // The process is then killed within a long step or write.
      }
      Uninterruptibles.sleepUninterruptibly(Duration.ofMillis(1));
    }
  }

  private long lastStep() throws IOException {
    return StepTrace.lastStep(trace("killed"));
  }

  /** Whether a checkpoint is being written, which then has a name that ends in {@code .new}. */
  private boolean isWriting() throws IOException {
    return FolderEntries.of(new RunDirectory(run("killed")).checkpoints()).stream()
        .anyMatch(file -> file.getFileName().toString().endsWith(".new"));
  }

  private Outcome outcome(Evidence uninterrupted, Evidence killed) {
    long withinEpoch =
        killed.trace().attempts().stream()
            .skip(1)
            .filter(attempt -> attempt.from() > 0 && attempt.startsWithinEpoch())
            .count();
    return new Outcome(
        kills,
        uninterrupted.steps(),
        killed.steps() - uninterrupted.steps(),
        (int) withinEpoch,
        whileWriting,
        uninterrupted.difference(killed),
        uninterrupted.modelHash());
  }

  private RunFailed failed(ChildJvm training, int code) throws IOException {
    return new RunFailed(
        ("The training process failed with exit code %s. Its last output (complete log:"
                + " %s):\n%s")
            .formatted(code, logFile(), training.lastLines()));
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

  private Path logFile() {
    return folder.resolve("log.txt");
  }
}
