package dev.counterpoint.runner.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
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

/** Evaluates a classifier on other files, and predicts from JSON lines. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class EvaluateDataTest {
  private static final JsonMapper JSON = new JsonMapper();

  @TempDir static Path folder;

  private String run = "";

  @BeforeAll
  void train() throws IOException {
    Path texts = write("texts.tsv", "a good film\tgood\na bad film\tbad\n".repeat(8));
    run = folder.resolve("run").toString();
    List<String> arguments = new ArrayList<>(List.of("train", "sentiment", "--output", run));
    for (String set :
        List.of(
            "data.train.path=" + texts,
            "data.validation.path=" + texts,
            "model.width=16",
            "model.heads=2",
            "model.layers=1",
            "model.dropout=0",
            "model.maxLength=16",
            "data.maxLength=8",
            "training.batchSize=4",
            "training.epochs=20",
            "training.optimizer.learningRate=1e-2")) {
      arguments.addAll(List.of("--set", set));
    }
    Terminal terminal = new Terminal();
    assertThat(terminal.run(arguments.toArray(String[]::new)))
        .as(terminal.err())
        .isEqualTo(ExitCode.SUCCESS);
    Files.delete(texts); // neither evaluating another file nor predicting needs it
  }

  private static Path write(String name, String rows) throws IOException {
    return Files.writeString(folder.resolve(name), "text\tlabel\n" + rows);
  }

  @Test
  void fileIsEvaluatedWithTheModelsTokenizerAndLabels() throws IOException {
    Path file = write("one.tsv", "good film\tgood\nbad film\tbad\ngood\tbad\n");

    Terminal terminal = evaluate("--data", file.toString(), "--json");

    JsonNode found = JSON.readTree(terminal.out());
    assertThat(found.fieldNames()).toIterable().containsExactly("data");
    assertThat(found.at("/data/items").asInt()).isEqualTo(3);
    assertThat(found.at("/data/accuracy").asDouble()).isEqualTo(2 / 3.0);
    assertThat(terminal.err()).contains("data: 3 rows");
  }

  @Test
  void changedDataOfTheRunIsNamed() throws IOException {
    Path texts = write("texts.tsv", "a good film\tgood\na bad film\tbad\n".repeat(7));

    assertThat(evaluate().err()).contains("data has changed", "train", "validation");
    Files.delete(texts);
  }

  @Test
  void settingsThatWouldEvaluateTrainingExamplesAreRejected() {
    assertRejected("seed=5", "--set", "seed=5");
    assertRejected("data.split.validation=0.5", "--set", "data.split.validation=0.5");
  }

  @Test
  void fileMayContainASubsetOfTheLabels() throws IOException {
    Path file = write("good.tsv", "good film\tgood\n");

    assertThat(evaluate("--data", file.toString()).out())
        .contains("data (1 example")
        .contains("1.0");
  }

  @Test
  void invalidFileIsRejected() throws IOException {
    Path other = write("other.tsv", "fine\tgood\nso so\tneutral\n");
    Path empty = Files.createFile(folder.resolve("empty.tsv"));

    assertRejected("line 3", "--data", other.toString());
    assertRejected("\"neutral\"", "--data", other.toString());
    assertRejected("bad, good", "--data", other.toString());
    assertRejected("empty.tsv", "--data", empty.toString());
    assertRejected("absent.tsv", "--data", folder.resolve("absent.tsv").toString());
    assertRejected("--split", "--data", other.toString(), "--split", "test");
  }

  @Test
  void jsonLinesArePredictedAsJsonLines() throws IOException {
    Terminal terminal =
        predict("{\"id\": \"x\", \"text\": \"good film\"}\n{\"text\": \"bad\"}\n", "--json");

    List<String> lines = terminal.out().lines().toList();
    assertThat(lines).hasSize(2);
    JsonNode first = JSON.readTree(lines.get(0));
    assertThat(first.path("id").asText()).isEqualTo("x");
    assertThat(first.path("text").asText()).isEqualTo("good film");
    assertThat(first.path("label").asText()).isEqualTo("good");
    assertThat(first.path("probabilities").fieldNames())
        .toIterable()
        .containsExactly("good", "bad");
    assertThat(
            first.at("/probabilities/good").asDouble() + first.at("/probabilities/bad").asDouble())
        .isEqualTo(1, within(1e-9));
    assertThat(JSON.readTree(lines.get(1)).path("label").asText()).isEqualTo("bad");
  }

  @Test
  void topPrintsSeveralLabels() throws IOException {
    assertThat(predict("good film\n", "--top", "2").out())
        .matches("good\t\\d\\.\\d{4}\tbad\t\\d\\.\\d{4}\tgood film\n");
  }

  @Test
  void truncatedTextsAreCounted() throws IOException {
    assertThat(predict("good\n" + "bad ".repeat(9) + "\n").err())
        .contains("1 of 2 texts is longer than 8 tokens");
  }

  @Test
  void linesBeforeAnInvalidLineArePredicted() throws IOException {
    Terminal terminal = new Terminal();
    int code = predict(terminal, "{\"text\": \"good\"}\n{\"text\": \n", "--json");

    assertThat(code).isEqualTo(ExitCode.INVALID_REQUEST);
    assertThat(terminal.out()).contains("\"label\":\"good\"");
    assertThat(terminal.err()).contains("Line 2 of standard input");
  }

  private Terminal evaluate(String... options) {
    Terminal terminal = new Terminal();
    assertThat(run(terminal, "evaluate", options)).as(terminal.err()).isEqualTo(ExitCode.SUCCESS);
    return terminal;
  }

  private void assertRejected(String fragment, String... options) {
    Terminal terminal = new Terminal();
    assertThat(run(terminal, "evaluate", options)).isEqualTo(ExitCode.INVALID_REQUEST);
    assertThat(terminal.err()).contains(fragment).doesNotContain("\tat ");
  }

  private Terminal predict(String input, String... options) {
    Terminal terminal = new Terminal();
    assertThat(predict(terminal, input, options)).as(terminal.err()).isEqualTo(ExitCode.SUCCESS);
    return terminal;
  }

  private int predict(Terminal terminal, String input, String... options) {
    InputStream before = System.in;
    System.setIn(new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)));
    try {
      return run(terminal, "predict", options);
    } finally {
      System.setIn(before);
    }
  }

  private int run(Terminal terminal, String command, String... options) {
    List<String> arguments = new ArrayList<>(List.of(command, run));
    arguments.addAll(List.of(options));
    return terminal.run(arguments.toArray(String[]::new));
  }
}
