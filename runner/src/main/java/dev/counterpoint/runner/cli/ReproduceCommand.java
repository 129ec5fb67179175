package dev.counterpoint.runner.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.counterpoint.core.checkpoint.Checkpoint;
import dev.counterpoint.core.checkpoint.CheckpointStore;
import dev.counterpoint.core.checkpoint.ModelHash;
import dev.counterpoint.core.data.ModelSignature;
import dev.counterpoint.core.internal.storage.AtomicFile;
import dev.counterpoint.core.internal.storage.FolderEntries;
import dev.counterpoint.core.internal.storage.LocalDisk;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.inference.ModelFolder;
import dev.counterpoint.runner.RunFailed;
import dev.counterpoint.runner.check.Retraining;
import dev.counterpoint.runner.cli.option.ClassPathOption;
import dev.counterpoint.runner.cli.option.ConsoleCommand;
import dev.counterpoint.runner.report.Console;
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
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code counterpoint reproduce}: trains a run again and compares the models. */
@Command(
    name = "reproduce",
    description =
        "Trains a run again from its run directory, to the same step, and compares the hashes of the"
            + " models. If they differ, it prints what has changed.")
final class ReproduceCommand extends ConsoleCommand {
  @Parameters(paramLabel = "RUN_DIR", description = "The run directory; it is not changed.")
  private Path folder = Path.of("");

  @Option(
      names = "--output",
      paramLabel = "DIR",
      description =
          "The directory of the new run; by default it is deleted if the hashes are equal.")
  private @Nullable Path output;

  @Mixin private final ClassPathOption classpath = new ClassPathOption();

  @Override
  protected void run(Console console) throws IOException {
    RunDirectory run = RunDirectory.requireRecorded(folder);
    Run current = Run.existing(folder, List.of(), classpath.paths(), classpath.trust());
    JsonNode summary = AtomicFile.readJson(run.summary());
    Optional<Checkpoint> newest = new CheckpointStore(run.checkpoints(), 1).newest().checkpoint();
    long step = newest.map(Checkpoint::step).orElse(summary.path("steps").asLong());
    boolean hasResult = summary.has("modelHash") && summary.path("steps").asLong() == step;
    if (!hasResult && newest.isEmpty()) {
      throw new InvalidSettings(
          folder + " has neither a result nor a checkpoint that could be compared.");
    }
    boolean isComplete = hasResult && !summary.hasNonNull("stopReason");
    boolean validated =
        newest.map(it -> it.state().path("progress").path("validated").asBoolean()).orElse(true);
    Retraining.End end =
        isComplete
            ? new Retraining.End(Long.MAX_VALUE, false)
            : new Retraining.End(step, validated);

    Path scratch = Files.createTempDirectory("counterpoint-reproduce-");
    Path target = output == null ? scratch.resolve("run") : output;
    boolean isNamed = false; // whether a message names the new run in the temporary folder
    try {
      if (Files.exists(target)) {
        RunDirectory.forNew(target, ""); // must be empty
      }
      Retraining retraining =
          new Retraining(current, new RunDirectory(target), scratch, classpath.arguments());
      current.codeLines().forEach(console::print);
      retraining.parts().forEach(part -> part.lines().forEach(console::log));
      console.log("training " + step + " steps again in " + target + " ...");
      RunDirectory again = retraining.train(Optional.empty(), end);
      isNamed = output == null;
      JsonNode result = AtomicFile.readJson(again.summary());
      if (result.path("steps").asLong() != step) {
        throw new RunFailed(
            "The run was trained for %s steps, is now for %s. The new run is in %s."
                .formatted(step, result.path("steps").asLong(), target));
      }
      String expected = hasResult ? summary.path("modelHash").asText() : hash(newest.orElseThrow());
      String actual =
          hasResult
              ? result.path("modelHash").asText()
              : hash(
                  new CheckpointStore(again.checkpoints(), 1).newest().checkpoint().orElseThrow());
      if (!expected.equals(actual)) {
        throw new RunFailed(
            "The model of step %s was %s, is now %s. The new run is in %s.%s"
                .formatted(step, expected, actual, target, changes(run, again)));
      }
      List<String> changed =
          hasResult ? changedFiles(run.model(), again.model(), current) : List.of();
      if (!changed.isEmpty()) {
        throw new RunFailed(
            "The new model is equal to the trained one, but the files in %s are not: %s. The new run is in %s.%s"
                .formatted(run.model(), String.join(", ", changed), target, changes(run, again)));
      }
      console.print("step " + step + ": the models are equal: " + actual);
      if (!hasResult && Files.exists(run.model())) {
        console.print("NOT verified: %s, which is not the result of step %s", run.model(), step);
      }
      isNamed = false;
    } finally {
      if (!isNamed) {
        new LocalDisk().delete(scratch);
      }
    }
  }

  private static String hash(Checkpoint checkpoint) throws IOException {
    return ModelHash.of(checkpoint.directory().resolve("model.safetensors"));
  }

  /** The files of a model folder whose content differs, except for places of code, and versions. */
  private static List<String> changedFiles(Path before, Path now, Run run) throws IOException {
    List<String> changed = new ArrayList<>();
    JsonNode content = AtomicFile.readJson(before.resolve(ModelFolder.CONFIG));
    JsonNode classpath = content.findPath("classpath");
    if (!classpath.isMissingNode()
        && !classpath.valueStream().map(JsonNode::asText).toList().equals(run.file().classpath())) {
      changed.add("classpath in " + ModelFolder.CONFIG);
    }
    Set<String> names = new TreeSet<>();
    for (Path folder : List.of(before, now)) {
      FolderEntries.of(folder).forEach(file -> names.add(file.getFileName().toString()));
    }
    for (String name : names) {
      Path one = before.resolve(name);
      Path other = now.resolve(name);
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

  private static String changes(RunDirectory run, RunDirectory again) throws IOException {
    List<String> changes =
        Provenance.differences(Provenance.lastProcess(run), Provenance.lastProcess(again));
    return changes.isEmpty()
        ? " No recorded fact has changed."
        : "\n  " + String.join("\n  ", changes);
  }
}
