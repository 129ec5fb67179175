package dev.counterpoint.runner.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.counterpoint.core.checkpoint.ModelHash;
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

/** What happens to a run directory when its run is started again. */
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
  void theResultOfARunIsItsBestModel() throws IOException {
    begin();

    JsonNode summary = json("summary.json");
    JsonNode best = json("checkpoints/best/state.json");
    assertThat(summary.path("bestStep").asLong()).isEqualTo(best.path("step").asLong());
    assertThat(summary.path("validation")).isEqualTo(best.path("validation"));
    assertThat(summary.path("modelHash").asText())
        .isEqualTo(ModelHash.of(run.resolve("model/model.safetensors")))
        .isEqualTo(ModelHash.of(run.resolve("checkpoints/best/model.safetensors")));
    assertThat(terminal.out())
        .contains(", the best, of step " + summary.path("bestStep").asLong() + "\n");
  }

  @Test
  void aBestModelThatIsDamagedIsNamedAndTheLastTakesItsPlace() throws IOException {
    begin();
    Files.writeString(run.resolve("checkpoints/best/model.safetensors"), "?");

    assertThat(terminal.run("train", run.toString())).isEqualTo(ExitCode.DONE);

    assertThat(terminal.err())
        .contains(run.resolve("checkpoints/best/model.safetensors") + " is damaged");
    assertThat(json("summary.json").has("bestStep")).isFalse();
    assertThat(ModelHash.of(run.resolve("model/model.safetensors")))
        .isEqualTo(ModelHash.of(run.resolve("checkpoints/step-00000009/model.safetensors")));
  }

  @Test
  void aMeasureThatIsNotMadeIsRefusedWithThoseThatAre() {
    assertThat(
            terminal.run(
                "train",
                folder.resolve("small.yaml").toString(),
                "--set",
                "callbacks.0.metric=acuracy",
                "--output",
                run.toString()))
        .isEqualTo(ExitCode.REQUEST_WRONG);
    assertThat(terminal.err())
        .contains("\"acuracy\"")
        .contains("did you mean \"accuracy\"?")
        .contains("loss, accuracy")
        .doesNotContain("step 1");
    assertThat(run).doesNotExist();
  }

  @Test
  void aRunThatHasEndedSaysWhatItReachedAndTrainsNoStep() throws IOException {
    begin();
    String summary = Files.readString(run.resolve("summary.json"));
    String rows = Files.readString(run.resolve("metrics.jsonl"));
    String said = terminal.out();

    assertThat(terminal.run("train", run.toString())).isEqualTo(ExitCode.DONE);

    assertThat(terminal.err())
        .contains("This run has ended: all 9 steps are done. No step is left to train.");
    assertThat(terminal.out()).isEqualTo(said + said);
    assertThat(run.resolve("metrics.jsonl")).hasContent(rows);
    assertThat(withoutMemory(Files.readString(run.resolve("summary.json"))))
        .isEqualTo(withoutMemory(summary));
  }

  @Test
  void aDirectoryThatIsGoneInTheMiddleEndsTheRunWithAMessage() throws IOException {
    Files.writeString(
        folder.resolve("Thief.java"),
        """
        import dev.counterpoint.core.callback.*;
        import java.io.*;
        import java.nio.file.*;

        public record Thief(long step) implements CallbackConfig {
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
    Files.writeString(folder.resolve("small.yaml"), "classpath: [Thief.java]\n" + RUN_FILE);

    assertThat(
            terminal.run(
                "train",
                folder.resolve("small.yaml").toString(),
                "--set",
                "callbacks=[{type: Thief, step: 4}]",
                "--set",
                "checkpoint.background=false", // else a write under way may be the first to fail
                "--output",
                run.toString()))
        .isEqualTo(ExitCode.RUN_FAILED);

    assertThat(terminal.err())
        .contains("The run directory " + run + " has been removed")
        .doesNotContain("\tat ", "internal error");
    run = folder.resolve("moved");
    assertThat(terminal.run("train", run.toString(), "--set", "callbacks=[]")).isZero();
    assertThat(json("summary.json").path("steps").asLong()).isEqualTo(9);
  }

  @Test
  void anEditedRunFileIsRefusedWithTheKeysThatChanged() throws IOException {
    begin();
    Path file = run.resolve("run.yaml");
    String edited = Files.readString(file).replace("batchSize: 16", "batchSize: 20");
    Files.writeString(file, edited.replace("width: 8", "width: 16"));

    assertThat(terminal.run("train", run.toString())).isEqualTo(ExitCode.REQUEST_WRONG);

    assertThat(terminal.err())
        .contains("training.batchSize is 20, but the run began with 16")
        .contains("model.width is 16, but the run began with 8")
        .contains("What may change is training.epochs, ");
    assertThat(file).content().contains("batchSize: 20");
  }

  @Test
  void whatMayChangeIsToldAndKept() throws IOException {
    begin();

    assertThat(terminal.run("train", run.toString(), "--set", "training.epochs=4")).isZero();

    assertThat(terminal.err()).contains("training.epochs is 4 now; it was 3.");
    assertThat(run.resolve("run.yaml")).content().contains("epochs: 4");
    assertThat(json("summary.json").path("steps").asLong()).isEqualTo(12);
  }

  @Test
  void fewerEpochsThanHaveBegunAreRefused() throws IOException {
    begin();

    assertThat(terminal.run("train", run.toString(), "--set", "training.epochs=2"))
        .isEqualTo(ExitCode.REQUEST_WRONG);

    assertThat(terminal.err())
        .contains("training.epochs is 2, but the run has begun epoch 3. Ask for 3 or more");
    assertThat(run.resolve("run.yaml")).content().contains("epochs: 3");
  }

  @Test
  void theProvenanceTellsThatTheRunHasGoneOn() throws IOException {
    begin();
    terminal.run("train", run.toString());
    assertThat(json("provenance.json").path("goneOn")).isEmpty();

    terminal.run("train", run.toString(), "--set", "training.epochs=4");

    JsonNode goneOn = json("provenance.json").path("goneOn").path(0);
    assertThat(goneOn.path("afterStep").asLong()).isEqualTo(9);
    assertThat(goneOn.path("command").get(3).asText()).isEqualTo("training.epochs=4");
    assertThat(goneOn.path("at").asText()).startsWith("20");
    assertThat(goneOn.path("versions").has("engine")).isTrue();
    assertThat(goneOn.path("machine").path("bfloat16MatmulIn").asText())
        .isIn("float32", "bfloat16");
    assertThat(json("provenance.json").has("baseFolders")).isTrue();
  }

  @Test
  void aRunThatHasEndedAndLostItsCheckpointsDoesNotBeginAgain() throws IOException {
    begin();
    try (Stream<Path> files = Files.walk(run.resolve("checkpoints"))) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }

    assertThat(terminal.run("train", run.toString())).isEqualTo(ExitCode.REQUEST_WRONG);
    assertThat(terminal.err()).contains("its checkpoints are gone: it would begin again");
  }

  @Test
  void aModelThatIsOlderThanItsRunIsToldOf() throws IOException {
    begin();
    Files.writeString(
        run.resolve("summary.json"),
        Files.readString(run.resolve("summary.json")).replace("\"steps\" : 9", "\"steps\" : 3"));

    terminal.run("evaluate", run.toString());
    assertThat(terminal.err())
        .contains("The model is of step ")
        .contains("The run has been trained on to step 9 since, and has not ended");
  }

  @Test
  void changedDataIsRefusedWithTheSplitThatChanged() throws IOException {
    begin();
    Files.writeString(folder.resolve("dev.tsv"), table(2, 31));

    assertThat(terminal.run("train", run.toString())).isEqualTo(ExitCode.REQUEST_WRONG);

    assertThat(terminal.err())
        .contains("the data has changed since its checkpoint was saved, in validation. Restore");
  }

  @Test
  void dataMayLieSomewhereElse() throws IOException {
    begin();
    Path moved = Files.move(folder.resolve("dev.tsv"), folder.resolve("moved.tsv"));
    String set = "data.validation.path=" + moved;

    assertThat(terminal.run("train", run.toString(), "--set", set)).isZero();
  }

  private void begin() {
    String file = folder.resolve("small.yaml").toString();
    assertThat(terminal.run("train", file, "--output", run.toString()))
        .as(terminal.err())
        .isEqualTo(ExitCode.DONE);
  }

  private JsonNode json(String file) throws IOException {
    return new JsonMapper().readTree(run.resolve(file).toFile());
  }

  private static String withoutMemory(String summary) {
    return summary.replaceAll("\"peakMemoryBytes\" : \\d+", "");
  }

  /** Noise with a hint, so that measures go up and down. */
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
