package dev.counterpoint.runner.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.counterpoint.core.internal.storage.Json;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.inference.Pipeline;
import dev.counterpoint.runner.cli.option.ExitCode;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** A regression over pairs of texts, from the run file to predictions. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TextPairsRunTest {
  private static final String BERT =
      "model={type: bert, architecture: {width: 16, layers: 1, heads: 2, intermediate: 32,"
          + " maxLength: 16}}";

  @TempDir static Path folder;
  private Path file = folder;
  private String run = "";

  @BeforeAll
  void train() throws IOException {
    StringBuilder rows = new StringBuilder();
    String[] words = {"hot", "cold", "warm", "mild"};
    for (int i = 0; i < 64; i++) {
      String first = words[i % 4];
      String second = words[i / 4 % 4];
      rows.append("%s\t%s\tit is %s\tso %s\n".formatted(i, i % 4 * 100 + 1000, first, second));
    }
    Files.writeString(folder.resolve("pairs.tsv"), rows);
    file =
        Files.writeString(
            folder.resolve("run.yaml"),
            """
            name: pairs
            device: cpu
            model: {type: transformer, width: 16, layers: 1, heads: 2, maxLength: 16, dropout: 0}
            data:
              type: text-classification
              problem: regression
              train: {path: pairs.tsv}
              validation: {path: pairs.tsv}
              header: false
              columnNames: [id, score, first, second]
              text: first
              text2: second
              label: score
              tokenizer: {type: word, minimumCount: 1}
            training: {epochs: 20, batchSize: 8, optimizer: {type: adamw, learningRate: 1.0e-2}}
            checkpoint: {everySteps: 40, keep: 9}
            """);
    run = folder.resolve("run").toString();
    succeed("train", file.toString(), "--output", run);
  }

  private static Terminal succeed(String... arguments) {
    Terminal terminal = new Terminal();
    assertThat(terminal.run(arguments)).as(terminal.err()).isEqualTo(ExitCode.SUCCESS);
    return terminal;
  }

  @Test
  void correlationsAreEvaluated() {
    JsonNode values =
        Json.parse(succeed("evaluate", run, "--json").out(), JsonNode.class).path("validation");

    assertThat(values.path("pearson").asDouble()).isGreaterThan(0.95);
    assertThat(values.path("spearman").asDouble()).isGreaterThan(0.9);
    assertThat(values.path("r2").asDouble()).isGreaterThan(0.9);
  }

  @Test
  void errorsAreInTheUnitOfTheTarget() {
    JsonNode values =
        Json.parse(
                succeed("evaluate", run, "--json", "--set", "metrics=[rmse, mape]").out(),
                JsonNode.class)
            .path("validation");

    assertThat(values.path("rmse").asDouble()).isBetween(0.01, 40.0); // the deviation is 112
    assertThat(values.path("mape").asDouble()).isLessThan(0.05);
  }

  @Test
  void anotherFileIsEvaluated() throws IOException {
    Path more = Files.writeString(folder.resolve("more.tsv"), "7\t1000\tit is hot\tso cold\n");

    JsonNode found =
        Json.parse(
            succeed("evaluate", run, "--data", more.toString(), "--json").out(), JsonNode.class);

    assertThat(found.at("/data/items").asInt()).isEqualTo(1);
    assertThat(found.at("/data/loss").asDouble()).isLessThan(0.2);
  }

  @Test
  void theSignatureHasBothTextsAndTheDecision() throws IOException {
    JsonNode signature =
        Json.parse(Files.readString(Path.of(run, "model", "signature.json")), JsonNode.class);

    assertThat(signature.path("decision").asText()).isEqualTo("identity");
    assertThat(signature.path("inputs").findValuesAsText("name")).containsExactly("text", "text2");
    assertThat(signature.at("/outputs/0/categories").isMissingNode()).isTrue();
  }

  @Test
  void numbersArePredictedForLinesAndTables() throws IOException {
    String line = "it is mild\tso hot";
    double value = Double.parseDouble(succeed("predict", run, "--text", line).out().split("\t")[0]);
    assertThat(value).isBetween(1200.0, 1400.0);
    String object =
        withInput("{\"text\": \"it is mild\", \"text2\": \"so hot\", \"id\": 3}\n", "--json");
    JsonNode prediction = Json.parse(object, JsonNode.class);
    assertThat(prediction.at("/values/score").asDouble()).isBetween(1200.0, 1400.0);
    assertThat(prediction.path("text2").asText()).isEqualTo("so hot");
    Path output = folder.resolve("scored.csv");
    String table = folder.resolve("pairs.tsv").toString();
    succeed("predict", run, "--data", table, "--output", output.toString(), "--keep", "id,score");
    List<String> rows = Files.readAllLines(output);
    assertThat(rows.get(0)).isEqualTo("id,score,prediction");
    assertThat(Double.parseDouble(rows.get(4).split(",")[2])).isBetween(1200.0, 1400.0);
  }

  private String withInput(String text, String... options) {
    InputStream original = System.in;
    System.setIn(new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)));
    try {
      List<String> arguments = new ArrayList<>(List.of("predict", run));
      arguments.addAll(List.of(options));
      return succeed(arguments.toArray(String[]::new)).out();
    } finally {
      System.setIn(original);
    }
  }

  @Test
  void aTextWithoutATabIsRejected() {
    Terminal terminal = new Terminal();

    assertThat(terminal.run("predict", run, "--text", "it is mild so hot"))
        .isEqualTo(ExitCode.INVALID_REQUEST);
    assertThat(terminal.err()).contains("--text", "tab");
  }

  @Test
  void aBertWithOneTokenTypeIsRejected() {
    Terminal terminal = new Terminal();

    assertThat(
            terminal.run(
                "train",
                file.toString(),
                "--set",
                BERT,
                "--set",
                "model.architecture.tokenTypes=1",
                "--output",
                folder.resolve("one-type").toString()))
        .isEqualTo(ExitCode.INVALID_REQUEST);
    assertThat(terminal.err()).contains("type_vocab_size");
  }

  @Test
  void aPipelinePredictsPairsOnly() throws IOException {
    try (Pipeline pipeline = Pipeline.open(Path.of(run))) {
      double[] value =
          pipeline.values(pipeline.pairs(List.of("it is hot"), List.of("so mild"))).get(0);

      assertThat(value[0]).isBetween(950.0, 1100.0);
      assertThatThrownBy(() -> pipeline.texts(List.of("it is hot")))
          .isInstanceOf(InvalidSettings.class)
          .hasMessageContaining("pairs");
    }
  }

  @Test
  void bertHasTheProblemTypeOfARegressionInBothDirections() throws IOException {
    String bert = folder.resolve("bert").toString();
    succeed(
        "train", file.toString(), "--set", BERT, "--set", "training.epochs=1", "--output", bert);
    JsonNode config =
        Json.parse(Files.readString(Path.of(bert, "model", "config.json")), JsonNode.class);
    assertThat(config.path("problem_type").asText()).isEqualTo("regression");
    assertThat(config.path("id2label").toString()).isEqualTo("{\"0\":\"score\"}");

    String from = "model={type: bert, from: " + bert + "/model}";
    String again = folder.resolve("again").toString();
    succeed(
        "train",
        file.toString(),
        "--set",
        from,
        "--set",
        "training.epochs=1",
        "--set",
        "data.tokenizer=null",
        "--output",
        again);
    Terminal classes = new Terminal();
    assertThat(
            classes.run(
                "train",
                file.toString(),
                "--set",
                from,
                "--set",
                "data.tokenizer=null",
                "--set",
                "data.problem=classification",
                "--output",
                folder.resolve("no").toString()))
        .isEqualTo(ExitCode.INVALID_REQUEST);
  }

  @Test
  void aResumedRunAndTwoProcessesAgree() throws IOException {
    Interruption.assertResumes(file.toString(), folder);
    succeed("check", "equivalence", file.toString(), "--set", "training.epochs=2");
  }
}
