package dev.counterpoint.runner.check;

import com.fasterxml.jackson.databind.JsonNode;
import dev.counterpoint.core.checkpoint.Checkpoint;
import dev.counterpoint.core.checkpoint.CheckpointStore;
import dev.counterpoint.core.checkpoint.ModelHash;
import dev.counterpoint.core.data.ModelSignature;
import dev.counterpoint.core.internal.storage.AtomicFile;
import dev.counterpoint.core.internal.storage.FolderEntries;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.inference.ModelFolder;
import dev.counterpoint.runner.RunFailed;
import dev.counterpoint.runner.rundir.Provenance;
import dev.counterpoint.runner.rundir.RunDirectory;
import dev.counterpoint.runner.wiring.Run;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * The result of a run, or its newest checkpoint if that is later, for a comparison with a
 * repetition of the training.
 */
public final class Reproduction {
  private final Run run;
  private final JsonNode summary;
  private final Optional<Checkpoint> newest;
  private final long step;
  private final boolean hasResult;

  /**
   * Reads the result and the newest checkpoint of a run.
   *
   * @throws InvalidSettings if it has neither
   */
  public Reproduction(Run run) throws IOException {
    this.run = run;
    this.summary = AtomicFile.readJson(run.directory().summary());
    this.newest = newest(run.directory());
    this.step = newest.map(Checkpoint::step).orElse(steps(summary));
    this.hasResult = summary.has("modelHash") && steps(summary) == step;
    if (!hasResult && newest.isEmpty()) {
      throw new InvalidSettings(
          run.directory().path() + " has neither a result nor a checkpoint to compare.");
    }
  }

  /** The step that is compared. */
  public long step() {
    return step;
  }

  /** Whether the run's model folder has the weights of this step; it is compared too. */
  public boolean hasResult() {
    return hasResult;
  }

  /** The end of the repeated training. */
  public Retraining.End end() {
    return hasResult && !summary.hasNonNull("stopReason")
        ? new Retraining.End(Long.MAX_VALUE, false)
        : new Retraining.End(
            step,
            newest
                .map(it -> it.state().path("progress").path("validated").asBoolean())
                .orElse(true));
  }

  /**
   * Compares the run with a repetition of its training.
   *
   * @return the hash of both models
   * @throws RunFailed if the models, or other files in the model folders, differ; the message names
   *     the files, settings and facts of the machine that do
   */
  public String compare(RunDirectory again) throws IOException {
    JsonNode result = AtomicFile.readJson(again.summary());
    if (steps(result) != step) {
      throw new RunFailed(
          "The run had been trained for %s steps, but the new run for %s. The new run is in %s."
              .formatted(step, steps(result), again.path()));
    }
    String expected = hasResult ? hash(summary) : hash(newest.orElseThrow());
    String actual = hasResult ? hash(result) : hash(newest(again).orElseThrow());
    if (!expected.equals(actual)) {
      throw new RunFailed(
          "The model of step %s had the hash %s, now %s. The new run is in %s.%s"
              .formatted(step, expected, actual, again.path(), changes(again)));
    }
    List<String> changed = hasResult ? changedFiles(again.model()) : List.of();
    if (!changed.isEmpty()) {
      throw new RunFailed(
          "The new model is equal to the trained one, but these files in %s differ: %s. The new run is in %s.%s"
              .formatted(
                  run.directory().model(),
                  String.join(", ", changed),
                  again.path(),
                  changes(again)));
    }
    return actual;
  }

  private static Optional<Checkpoint> newest(RunDirectory run) throws IOException {
    return new CheckpointStore(run.checkpoints(), 1).newest().checkpoint();
  }

  private static long steps(JsonNode summary) {
    return summary.path("steps").asLong();
  }

  private static String hash(JsonNode summary) {
    return summary.path("modelHash").asText();
  }

  private static String hash(Checkpoint checkpoint) throws IOException {
    return ModelHash.of(checkpoint.directory().resolve("model.safetensors"));
  }

  /**
   * The files of the model folder whose content differs, except for paths of code, and versions.
   */
  private List<String> changedFiles(Path again) throws IOException {
    Path model = run.directory().model();
    List<String> changed = new ArrayList<>();
    JsonNode classpath =
        AtomicFile.readJson(model.resolve(ModelFolder.CONFIG)).findPath("classpath");
    if (!classpath.isMissingNode()
        && !classpath.valueStream().map(JsonNode::asText).toList().equals(run.file().classpath())) {
      changed.add("classpath in " + ModelFolder.CONFIG);
    }
    Set<String> names = new TreeSet<>();
    for (Path folder : List.of(model, again)) {
      FolderEntries.of(folder).forEach(file -> names.add(file.getFileName().toString()));
    }
    for (String name : names) {
      Path one = model.resolve(name);
      Path other = again.resolve(name);
      boolean isEqual =
          Files.exists(one)
              && Files.exists(other)
              && (List.of(ModelFolder.CONFIG, ModelSignature.FILE).contains(name)
                  ? config(one).equals(config(other))
                  : Files.mismatch(one, other) < 0);
      if (!isEqual && !name.equals("SHA256SUMS")) {
        changed.add(name);
      }
    }
    return changed;
  }

  private static JsonNode config(Path file) throws IOException {
    return AtomicFile.readJson(file).without(List.of("classpath", "versions"));
  }

  private String changes(RunDirectory again) throws IOException {
    List<String> changes =
        Provenance.differences(
            Provenance.lastProcess(run.directory()), Provenance.lastProcess(again));
    return changes.isEmpty()
        ? " The recorded provenance shows no difference."
        : "\n  " + String.join("\n  ", changes);
  }
}
