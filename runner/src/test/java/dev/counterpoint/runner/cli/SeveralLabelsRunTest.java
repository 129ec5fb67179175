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
      rows.append("warm cold\thot;ice\nwarm\thot\ncold\tice\nmild\t\n");
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
              labelSeparator: ";"
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
    assertThat(rows(run)).containsAnyOf("warm cold,hot;ice,", "warm cold,ice;hot,");
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
    train(file, "bert", "training.epochs=1", "model={type: bert, " + architecture + "}");
    JsonNode config =
        Json.parse(Files.readString(folder.resolve("bert/model/config.json")), JsonNode.class);
    assertThat(config.path("problem_type").asText()).isEqualTo("multi_label_classification");
    train(
        file,
        "again",
        "training.epochs=1",
        "data.tokenizer=null",
        "model={type: bert, from: " + folder.resolve("bert/model") + "}");
  }

  private void train(Path file, String name, String... sets) {
    List<String> arguments = new ArrayList<>(List.of("train", file.toString()));
    for (String set : sets) {
      arguments.addAll(List.of("--set", set));
    }
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

  @Test
  void tunedThresholdsAreSavedAndUsed() throws IOException {
    StringBuilder rows = new StringBuilder("text\tlabel\n");
    for (int i = 0; i < 10; i++) {
      rows.append("warm\thot\n").append(i < 5 ? "mild\thot\n" : "mild\t\n").append("cold\tice\n");
      rows.append("cold\t\n".repeat(3));
    }
    Files.writeString(folder.resolve("train.tsv"), rows);
    Path file =
        Files.writeString(
            folder.resolve("run.yaml"),
            """
            name: tuned
            device: cpu
            model: {type: transformer, width: 8, layers: 1, heads: 2, maxLength: 8, dropout: 0}
            data:
              type: text-classification
              train: {path: train.tsv}
              validation: {path: train.tsv}
              labelSeparator: ","
              threshold: tune
              tokenizer: {type: word, minimumCount: 1}
            training: {epochs: 20, batchSize: 8, optimizer: {type: adamw, learningRate: 1.0e-2}}
            """);
    train(file, "tuned");
    String run = folder.resolve("tuned").toString();

    Path model = Path.of(run, "model");
    JsonNode signature =
        Json.parse(Files.readString(model.resolve("signature.json")), JsonNode.class);
    double ice = signature.at("/thresholds/ice").asDouble();
    assertThat(signature.has("threshold")).isFalse();
    assertThat(signature.path("decision").asText()).isEqualTo("sigmoid");
    assertThat(ice).isBetween(0.05, 0.3); // a fourth of the cold rows have the label
    JsonNode cold = predicted(run, "cold");
    assertThat(cold.at("/probabilities/ice").asDouble()).isBetween(ice, 0.5);
    assertThat(cold.path("labels").toString()).isEqualTo("[\"ice\"]");
    assertThat(evaluated(run).path("f1.ice").asDouble()).isEqualTo(0.4);
    assertThat(evaluated(run, "--set", "data.threshold=0.5").path("f1.ice").asDouble()).isZero();
    assertThat(evaluated(run, "--set", "metrics=[recall]").path("recall").asDouble()).isEqualTo(1);
    assertThat(rows(run)).contains("cold,ice,");
  }

  private JsonNode predicted(String run, String text) {
    Terminal predict = new Terminal();
    assertThat(predict.run("predict", run, "--json", "--text", text)).isEqualTo(ExitCode.SUCCESS);
    return Json.parse(predict.out(), JsonNode.class);
  }

  private static JsonNode evaluated(String run, String... arguments) {
    List<String> all = new ArrayList<>(List.of("evaluate", run, "--json"));
    all.addAll(List.of(arguments));
    Terminal terminal = new Terminal();
    assertThat(terminal.run(all.toArray(String[]::new)))
        .as(terminal.err())
        .isEqualTo(ExitCode.SUCCESS);
    return Json.parse(terminal.out(), JsonNode.class).path("validation");
  }

  private String rows(String run) throws IOException {
    Path output = folder.resolve("scored.csv");
    Terminal terminal = new Terminal();
    String data = folder.resolve("train.tsv").toString();
    assertThat(
            terminal.run(
                "predict", run, "--data", data, "--output", output.toString(), "--keep", "text"))
        .as(terminal.err())
        .isEqualTo(ExitCode.SUCCESS);
    return Files.readString(output);
  }
}
