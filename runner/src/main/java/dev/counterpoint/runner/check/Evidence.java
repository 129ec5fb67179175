package dev.counterpoint.runner.check;

import dev.counterpoint.core.checkpoint.CheckpointStore;
import dev.counterpoint.core.internal.storage.AtomicFile;
import dev.counterpoint.runner.rundir.RunDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The results of a finished run that are compared between runs.
 *
 * @param trace the trace of its steps
 * @param modelHash the hash of its final model, which may be the best model instead of the last
 * @param lastState the checksums of the parameters, the optimizer state and the weight averages in
 *     the last checkpoint
 */
record Evidence(StepTrace.Content trace, String modelHash, List<String> lastState) {
  /** Reads the results from a run directory and a trace file. */
  static Evidence of(RunDirectory run, Path trace) throws IOException {
    return new Evidence(
        StepTrace.read(trace),
        AtomicFile.readJson(run.summary()).path("modelHash").asText(),
        lastState(run));
  }

  /** The checksums of the newest checkpoint, except for state.json, which contains times. */
  private static List<String> lastState(RunDirectory run) throws IOException {
    String newest = CheckpointStore.name(run.newestStep().orElseThrow());
    return Files.readAllLines(run.checkpoints().resolve(newest).resolve("SHA256SUMS")).stream()
        .filter(line -> line.endsWith(".safetensors"))
        .toList();
  }

  /** The number of steps in the trace; steps repeated after a kill are counted each time. */
  int steps() {
    return trace.rows().size();
  }

  /**
   * Compares this uninterrupted run with a killed and resumed one.
   *
   * @return a description of the first difference; empty if there is none
   */
  Optional<String> difference(Evidence killed) {
    Map<Long, String> expected = new HashMap<>();
    trace.rows().forEach(row -> expected.put(row.step(), row.values()));
    Optional<StepTrace.Row> first =
        killed.trace.rows().stream()
            .filter(row -> !row.values().equals(expected.get(row.step())))
            .findFirst();
    if (first.isPresent()) {
      return Optional.of(describe(first.get(), expected, killed.trace.attempts()));
    }
    long last = killed.trace.rows().get(killed.steps() - 1).step();
    if (last != steps()) { // the trace of an uninterrupted run has each step once
      return Optional.of("the killed run ended at step " + last + " of " + steps());
    }
    return resultDifference(killed);
  }

  private Optional<String> resultDifference(Evidence killed) {
    if (!modelHash.equals(killed.modelHash)) {
      return Optional.of(
          "all steps are equal, but the final models differ: %s (uninterrupted) and %s (killed)"
              .formatted(modelHash, killed.modelHash));
    }
    return lastState.equals(killed.lastState)
        ? Optional.empty()
        : Optional.of(
            ("all steps are equal, but the last checkpoints differ: %s (uninterrupted) and %s"
                    + " (killed)")
                .formatted(lastState, killed.lastState));
  }

  private static String describe(
      StepTrace.Row row, Map<Long, String> expected, List<StepTrace.Attempt> attempts) {
    return ("step %s is the first that differs: %s in the uninterrupted run, %s after kill"
            + " %s, resumed from step %s")
        .formatted(
            row.step(),
            expected.getOrDefault(row.step(), "missing"),
            row.values(),
            row.attempt(),
            attempts.get(row.attempt()).from());
  }
}
