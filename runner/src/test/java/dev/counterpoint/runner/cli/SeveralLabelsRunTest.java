package dev.counterpoint.runner.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.counterpoint.core.checkpoint.FolderChecksums;
import dev.counterpoint.core.internal.storage.Json;
import dev.counterpoint.runner.cli.option.ExitCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A run of texts with several labels, from the run file to predictions. */
class SeveralLabelsRunTest {
  @TempDir private Path folder;

  @Test
  void labelsAreTrainedEvaluatedAndPredictedSeparately() throws IOException {
    StringBuilder rows = new StringBuilder("text\tlabel\n");
    for (int i = 0; i < 40; i++) {
      rows.append("warm cold\thot,ice\nwarm\thot\ncold\tice\nmild\t\n");
    }
    Files.writeString(folder.resolve("train.tsv"), rows);
    Path file =
        Files.writeString(
            folder.resolve("run.yaml"),
            """
            name: several
            device: cpu
            model: {type: transformer, width: 16, layers: 1, heads: 2, maxLength: 8, dropout: 0}
            data:
              type: text-classification
              train: {path: train.tsv}
              validation: {path: train.tsv}
              labelSeparator: ","
              tokenizer: {type: word, minimumCount: 1, frame: true}
            training: {epochs: 15, batchSize: 8, optimizer: {type: adamw, learningRate: 1.0e-2}}
            callbacks: [{type: best-model, metric: f1Micro}]
            """);
    String run = folder.resolve("run").toString();
    Terminal terminal = new Terminal();
    assertThat(terminal.run("train", file.toString(), "--output", run))
        .as(terminal.err())
        .isEqualTo(ExitCode.SUCCESS);

    Terminal evaluate = new Terminal();
    assertThat(evaluate.run("evaluate", run, "--json")).isEqualTo(ExitCode.SUCCESS);
    JsonNode values = Json.parse(evaluate.out(), JsonNode.class).path("validation");
    assertThat(values.path("accuracy").asDouble()).isEqualTo(1);
    assertThat(values.path("f1Micro").asDouble()).isEqualTo(1);
    Terminal predict = new Terminal();
    assertThat(predict.run("predict", run, "--json", "--text", "warm cold"))
        .isEqualTo(ExitCode.SUCCESS);
    assertThat(Json.parse(predict.out(), JsonNode.class).path("labels"))
        .extracting(JsonNode::asText)
        .containsExactlyInAnyOrder("hot", "ice");
    assertDecision(run);
    assertProblemTypeOfBert(file);
  }

  private static void assertDecision(String run) throws IOException {
    Path signature = Path.of(run, "model", "signature.json");
    JsonNode content = Json.parse(Files.readString(signature), JsonNode.class);
    assertThat(content.path("decision").asText()).isEqualTo("sigmoid");
    assertThat(content.path("threshold").asDouble()).isEqualTo(0.5);
    assertThat(content.at("/outputs/0/categories").toString()).isEqualTo("[\"hot\",\"ice\"]");
    assertThat(content.at("/inputs/0/shape").toString()).isEqualTo("[-1,8]");
    Terminal evaluate = new Terminal();
    assertThat(evaluate.run("evaluate", run, "--set", "loss.type=mean-squared-error"))
        .isEqualTo(ExitCode.INVALID_REQUEST);
    assertThat(evaluate.err()).contains("sigmoid");

    Files.writeString(signature, content.toString().replace(":0.5", ":0.0"));
    FolderChecksums.write(signature.getParent());
    Terminal all = new Terminal();
    assertThat(all.run("predict", run, "--json", "--text", "warm")).isEqualTo(ExitCode.SUCCESS);
    assertThat(Json.parse(all.out(), JsonNode.class).path("labels")).hasSize(2);
    Files.delete(signature);
    FolderChecksums.write(signature.getParent());
    Terminal without = new Terminal();
    assertThat(without.run("predict", run, "--json", "--text", "warm cold"))
        .isEqualTo(ExitCode.SUCCESS);
    assertThat(Json.parse(without.out(), JsonNode.class).path("labels")).hasSize(2);
  }

  private void assertProblemTypeOfBert(Path file) throws IOException {
    String architecture =
        "architecture: {width: 16, layers: 1, heads: 2, intermediate: 32, maxLength: 8}";
    train(file, "bert", "model={type: bert, " + architecture + "}");
    JsonNode config =
        Json.parse(Files.readString(folder.resolve("bert/model/config.json")), JsonNode.class);
    assertThat(config.path("problem_type").asText()).isEqualTo("multi_label_classification");
    train(
        file,
        "again",
        "data.tokenizer=null",
        "model={type: bert, from: " + folder.resolve("bert/model") + "}");
  }

  private void train(Path file, String name, String... sets) {
    List<String> arguments = new ArrayList<>(List.of("train", file.toString()));
    for (String set : sets) {
      arguments.addAll(List.of("--set", set));
    }
    arguments.addAll(List.of("--set", "training.epochs=1"));
    arguments.addAll(List.of("--output", folder.resolve(name).toString()));
    Terminal terminal = new Terminal();
    assertThat(terminal.run(arguments.toArray(String[]::new)))
        .as(terminal.err())
        .isEqualTo(ExitCode.SUCCESS);
  }

  @Test
  void aMetricOfOneClassIsRejected() throws IOException {
    Files.writeString(folder.resolve("train.tsv"), "text\tlabel\na\tx,y\nb\ty\n");
    Path file =
        Files.writeString(
            folder.resolve("run.yaml"),
            """
            model: {type: transformer, width: 8, heads: 1, layers: 1, maxLength: 8}
            data: {type: text-classification, train: {path: train.tsv}, labelSeparator: ","}
            metrics: [mcc]
            """);
    Terminal terminal = new Terminal();

    assertThat(terminal.run("train", file.toString(), "--output", folder.resolve("run").toString()))
        .isEqualTo(ExitCode.INVALID_REQUEST);
    assertThat(terminal.err()).contains("mcc");
  }
}
