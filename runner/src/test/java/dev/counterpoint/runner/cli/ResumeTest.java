package dev.counterpoint.runner.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.counterpoint.core.checkpoint.ModelHash;
import dev.counterpoint.core.internal.storage.LocalDisk;
import dev.counterpoint.runner.cli.option.ExitCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Resuming a run from its run directory. */
final class ResumeTest {
  private static final String RUN_FILE =
      """
      name: small
      device: cpu
      model: {type: transformer, width: 8, layers: 1, heads: 1, maxLength: 8}
      data: {type: text-classification, train: {path: train.tsv}, validation: {path: dev.tsv}}
      training: {epochs: 3, batchSize: 16, reportEvery: 2, optimizer: {type: adamw, learningRate: 0.05}}
      checkpoint: {everySteps: 0, keep: 1}
      callbacks: [{type: best-model, metric: accuracy}]
      """;

  @TempDir private Path folder;
  private final Terminal terminal = new Terminal();
  private Path run;

  @BeforeEach
  void writeRunFileAndData() throws IOException {
    Files.writeString(folder.resolve("small.yaml"), RUN_FILE);
    Files.writeString(folder.resolve("train.tsv"), table(1, 40));
    Files.writeString(folder.resolve("dev.tsv"), table(2, 30));
    run = folder.resolve("run");
  }

  @Test
  void resultIsTheBestModel() throws IOException {
    trainFromScratch();

    JsonNode summary = json("summary.json");
    JsonNode best = json("checkpoints/best/state.json");
    assertThat(summary.path("bestStep").asLong()).isEqualTo(best.path("step").asLong());
    assertThat(summary.path("validation")).isEqualTo(best.path("validation"));
    assertThat(summary.path("modelHash").asText())
        .isEqualTo(ModelHash.of(run.resolve("model/model.safetensors")))
        .isEqualTo(ModelHash.of(run.resolve("checkpoints/best/model.safetensors")));
    assertThat(terminal.out())
        .contains("best model: step " + summary.path("bestStep").asLong() + ",");
  }

  @Test
  void damagedBestModelIsRefusedAndWithoutItTheResultIsTheLastModel() throws IOException {
    trainFromScratch();
    Path best = run.resolve("checkpoints/best");
    String hash = ModelHash.of(run.resolve("model/model.safetensors"));
    Files.writeString(best.resolve("model.safetensors"), "?");

    assertThat(terminal.run("train", run.toString())).isEqualTo(ExitCode.INVALID_REQUEST);

    assertThat(terminal.err()).contains(best.resolve("model.safetensors") + " is damaged");
    assertThat(ModelHash.of(run.resolve("model/model.safetensors"))).isEqualTo(hash);
    new LocalDisk().delete(best);
    Terminal without = new Terminal();
    assertThat(without.run("train", run.toString())).isEqualTo(ExitCode.SUCCESS);
    assertThat(without.err()).contains("no longer exists in checkpoints/best");
    assertThat(json("summary.json").has("bestStep")).isFalse();
    assertThat(ModelHash.of(run.resolve("model/model.safetensors")))
        .isEqualTo(ModelHash.of(run.resolve("checkpoints/step-00000009/model.safetensors")));
  }

  @Test
  void unknownMetricIsRejectedWithTheKnownOnes() {
    assertThat(
            terminal.run(
                "train",
                folder.resolve("small.yaml").toString(),
                "--set",
                "callbacks.0.metric=acuracy",
                "--output",
                run.toString()))
        .isEqualTo(ExitCode.INVALID_REQUEST);
    assertThat(terminal.err())
        .contains("\"acuracy\"", "did you mean \"accuracy\"?", "loss, accuracy")
        .doesNotContain("step 1");
    assertThat(run).doesNotExist();
  }

  @Test
  void finishedRunPrintsItsResultAndTrainsNoStep() throws IOException {
    trainFromScratch();
    String summary = Files.readString(run.resolve("summary.json"));
    String rows = Files.readString(run.resolve("metrics.jsonl"));
    String results = terminal.out();

    assertThat(terminal.run("train", run.toString())).isEqualTo(ExitCode.SUCCESS);

    assertThat(terminal.err()).contains("This run is finished", "9 steps");
    assertThat(terminal.out()).isEqualTo(results + results);
    assertThat(run.resolve("metrics.jsonl")).hasContent(rows);
    assertThat(withoutPeakMemory(Files.readString(run.resolve("summary.json"))))
        .isEqualTo(withoutPeakMemory(summary));
  }

  @Test
  void removedRunDirectoryStopsTheRun() throws IOException {
    Files.writeString(
        folder.resolve("DirectoryMover.java"),
        """
        import dev.counterpoint.core.callback.*;
        import java.io.*;
        import java.nio.file.*;

        public record DirectoryMover(long step) implements CallbackConfig {
          public Callback build(CallbackContext context) {
            return new Callback() {
              public void onStep(StepReport report) {
                if (report.step() == step) {
                  try {
                    Files.move(context.directory(), context.directory().resolveSibling("moved"));
                  } catch (IOException e) {
                    throw new UncheckedIOException(e);
                  }
                }
              }
            };
          }
        }
        """);
    Files.writeString(
        folder.resolve("small.yaml"), "classpath: [DirectoryMover.java]\n" + RUN_FILE);

    assertThat(
            terminal.run(
                "train",
                folder.resolve("small.yaml").toString(),
                "--set",
                "callbacks=[{type: DirectoryMover, step: 4}]",
                "--set",
                "checkpoint.background=false", // otherwise a pending write may fail first
                "--output",
                run.toString()))
        .isEqualTo(ExitCode.RUN_FAILED);

    assertThat(terminal.err())
        .contains(run + " has been removed")
        .doesNotContain("\tat ", "internal error");
    run = folder.resolve("moved");
    assertThat(terminal.run("train", run.toString(), "--set", "callbacks=[]")).isZero();
    assertThat(json("summary.json").path("steps").asLong()).isEqualTo(9);
  }

  @Test
  void changedKeysOfTheRunFileAreRejected() throws IOException {
    trainFromScratch();
    Path file = run.resolve("run.yaml");
    String edited = Files.readString(file).replace("batchSize: 16", "batchSize: 20");
    Files.writeString(file, edited.replace("width: 8", "width: 16"));

    assertThat(terminal.run("train", run.toString())).isEqualTo(ExitCode.INVALID_REQUEST);

    assertThat(terminal.err())
        .containsPattern("training\\.batchSize .*20.*16")
        .containsPattern("model\\.width .*16.*8")
        .contains("training.epochs");
    assertThat(file).content().contains("batchSize: 20");
  }

  @Test
  void changedEpochsAreReportedAndSaved() throws IOException {
    trainFromScratch();

    assertThat(terminal.run("train", run.toString(), "--set", "training.epochs=4")).isZero();

    assertThat(terminal.err()).containsPattern("training\\.epochs .*4.*3");
    assertThat(run.resolve("run.yaml")).content().contains("epochs: 4");
    assertThat(json("summary.json").path("steps").asLong()).isEqualTo(12);
  }

  @Test
  void fewerEpochsThanStartedAreRejected() throws IOException {
    trainFromScratch();

    assertThat(terminal.run("train", run.toString(), "--set", "training.epochs=2"))
        .isEqualTo(ExitCode.INVALID_REQUEST);

    assertThat(terminal.err()).containsPattern("training\\.epochs .*2.*3");
    assertThat(run.resolve("run.yaml")).content().contains("epochs: 3");
  }

  @Test
  void provenanceRecordsTheResume() throws IOException {
    trainFromScratch();
    terminal.run("train", run.toString());
    assertThat(json("provenance.json").path("resumes")).isEmpty();

    terminal.run("train", run.toString(), "--set", "training.epochs=4");

    JsonNode resumes = json("provenance.json").path("resumes").path(0);
    assertThat(resumes.path("afterStep").asLong()).isEqualTo(9);
    assertThat(resumes.path("command").get(3).asText()).isEqualTo("training.epochs=4");
    assertThat(resumes.path("at").asText()).startsWith("20");
    assertThat(resumes.path("versions").has("engine")).isTrue();
    assertThat(resumes.path("machine").path("bfloat16MatmulIn").asText())
        .isIn("float32", "bfloat16");
    assertThat(json("provenance.json").has("baseFolders")).isTrue();
  }

  @Test
  void finishedRunWithoutCheckpointsIsRejected() throws IOException {
    trainFromScratch();
    try (Stream<Path> files = Files.walk(run.resolve("checkpoints"))) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }

    assertThat(terminal.run("train", run.toString())).isEqualTo(ExitCode.INVALID_REQUEST);
    assertThat(terminal.err()).contains("checkpoints");
  }

  @Test
  void modelOlderThanItsRunIsReported() throws IOException {
    trainFromScratch();
    Files.writeString(
        run.resolve("summary.json"),
        Files.readString(run.resolve("summary.json")).replace("\"steps\" : 9", "\"steps\" : 3"));

    terminal.run("evaluate", run.toString());
    assertThat(terminal.err()).containsPattern("The model is from step \\d+, .*to step 9");
  }

  @Test
  void changedDataIsRejectedWithItsSplit() throws IOException {
    trainFromScratch();
    Files.writeString(folder.resolve("dev.tsv"), table(2, 31));

    assertThat(terminal.run("train", run.toString())).isEqualTo(ExitCode.INVALID_REQUEST);

    assertThat(terminal.err()).containsPattern(Failures.PREFIX + ".*data .*\\bvalidation\\b");
  }

  @Test
  void movedDataIsAccepted() throws IOException {
    trainFromScratch();
    Path moved = Files.move(folder.resolve("dev.tsv"), folder.resolve("moved.tsv"));
    String set = "data.validation.path=" + moved;

    assertThat(terminal.run("train", run.toString(), "--set", set)).isZero();
  }

  private void trainFromScratch() {
    String file = folder.resolve("small.yaml").toString();
    assertThat(terminal.run("train", file, "--output", run.toString()))
        .as(terminal.err())
        .isEqualTo(ExitCode.SUCCESS);
  }

  private JsonNode json(String file) throws IOException {
    return new JsonMapper().readTree(run.resolve(file).toFile());
  }

  private static String withoutPeakMemory(String summary) {
    return summary.replaceAll("\"peakMemoryBytes\" : \\d+", "");
  }

  /** Noisy data, with metrics that go up and down during training. */
  private static String table(long seed, int rows) {
    Random random = new Random(seed);
    return "text\tlabel\n"
        + IntStream.range(0, rows)
            .mapToObj(
                row -> {
                  boolean good = random.nextBoolean();
                  String word = good ^ random.nextInt(4) == 0 ? "fine" : "dull";
                  return "day %d is %s\t%s".formatted(row % 7, word, good ? "yes" : "no");
                })
            .collect(Collectors.joining("\n"))
        + "\n";
  }
}
