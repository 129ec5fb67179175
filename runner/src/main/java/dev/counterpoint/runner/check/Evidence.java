package dev.counterpoint.runner.check;

import dev.counterpoint.core.storage.AtomicFile;
import dev.counterpoint.runner.rundir.RunDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What a run that has ended can be compared by.
 *
 * @param trace its steps
 * @param modelHash of its result, which may be the best model and not the last
 * @param lastState checksums of the parameters, the optimizer's state and the averages at its end
 */
record Evidence(StepTrace.Content trace, String modelHash, List<String> lastState) {
  /** What lies in a run directory and a trace. */
  static Evidence of(RunDirectory run, Path trace) throws IOException {
    return new Evidence(
        StepTrace.read(trace),
        AtomicFile.readJson(run.summary()).path("modelHash").asText(),
        lastState(run));
  }

  /** The checksums in the newest checkpoint, but for those of times and counts. */
  private static List<String> lastState(RunDirectory run) throws IOException {
    try (Stream<Path> files = Files.list(run.checkpoints())) {
      Path newest =
          files
              .filter(file -> file.getFileName().toString().startsWith("step-"))
              .max(Comparator.naturalOrder())
              .orElseThrow();
      return Files.readAllLines(newest.resolve("SHA256SUMS")).stream()
          .filter(line -> line.endsWith(".safetensors"))
          .toList();
    }
  }

  /** Steps made; those that a kill undid count each time. */
  int steps() {
    return trace.rows().size();
  }

  /** Where a run that was killed differs from this one, that was not: the first step, if one. */
  Optional<String> difference(Evidence killed) {
    Map<Long, String> expected = new HashMap<>();
    trace.rows().forEach(row -> expected.put(row.step(), row.values()));
    Optional<StepTrace.Row> first =
        killed.trace.rows().stream()
            .filter(row -> !row.values().equals(expected.get(row.step())))
            .findFirst();
    if (first.isPresent()) {
      return Optional.of(describe(first.get(), expected, killed.trace.lives()));
    }
    long last = killed.trace.rows().get(killed.steps() - 1).step();
    if (last != steps()) { // of a run that was not killed each step is there once
      return Optional.of("the killed run ended at step " + last + " of " + steps());
    }
    return afterTheSteps(killed);
  }

  private Optional<String> afterTheSteps(Evidence killed) {
    if (!modelHash.equals(killed.modelHash)) {
      return Optional.of(
          "all steps agree, but not the model after them: "
              + modelHash
              + " and, killed, "
              + killed.modelHash);
    }
    return lastState.equals(killed.lastState)
        ? Optional.empty()
        : Optional.of(
            "all steps agree, but not the last checkpoints: "
                + lastState
                + " and, killed, "
                + killed.lastState);
  }

  private static String describe(
      StepTrace.Row row, Map<Long, String> expected, List<StepTrace.Life> lives) {
    return "step "
        + row.step()
        + " is the first that differs: "
        + expected.getOrDefault(row.step(), "it is not there")
        + " in the whole run, "
        + row.values()
        + " after kill "
        + row.life()
        + ", from which it went on at step "
        + lives.get(row.life()).from();
  }
}
