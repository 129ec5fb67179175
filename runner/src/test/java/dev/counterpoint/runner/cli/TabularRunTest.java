package dev.counterpoint.runner.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.counterpoint.core.internal.storage.AtomicFile;
import dev.counterpoint.core.internal.storage.FolderEntries;
import dev.counterpoint.core.internal.storage.LocalDisk;
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
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Trains, evaluates and predicts tables. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TabularRunTest {
  private static final JsonMapper JSON = new JsonMapper();
  private static final String RUN_FILE =
      """
      name: houses
      device: cpu
      model: {type: mlp, width: 16, layers: 1, dropout: 0, categoryWidth: 4}
      data:
        type: tabular
        train: {path: houses.csv}
        split: {validation: 0.25, by: stratified}
        target: sold
        columns: {price: ignore}
      training: {epochs: 30, batchSize: 16, optimizer: {type: adamw, learningRate: 2e-2}}
      checkpoint: {everySteps: 10, keep: 99}
      """;

  @TempDir static Path folder;

  private Path runFile = folder;
  private String run = "";

  @BeforeAll
  void train() throws IOException {
    Files.writeString(folder.resolve("houses.csv"), houses(80));
    runFile = Files.writeString(folder.resolve("houses.yaml"), RUN_FILE);
    run = folder.resolve("run").toString();
    succeed("train", runFile.toString(), "--output", run);
  }

  /** Houses of more than 60 rooms or in town are sold; the price is 1000 times the rooms. */
  private static String houses(int count) {
    return IntStream.range(0, count)
        .mapToObj(
            i ->
                "%s,%s,%s,%s"
                    .formatted(
                        i % 11 == 0 ? "" : i,
                        i % 3 == 0 ? "town" : i % 3 == 1 ? "village" : "hill",
                        1000.0 * i + 0.5,
                        i % 3 == 0 || i > 60 ? "yes" : "no"))
        .collect(Collectors.joining("\n", "rooms,place,price,sold\n", "\n"));
  }

  private static Terminal succeed(String... arguments) {
    Terminal terminal = new Terminal();
    assertThat(terminal.run(arguments)).as(terminal.err()).isEqualTo(ExitCode.SUCCESS);
    return terminal;
  }

  private static Terminal withInput(String text, String... arguments) {
    InputStream original = System.in;
    System.setIn(new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)));
    try {
      Terminal terminal = new Terminal();
      assertThat(terminal.run(arguments)).as(terminal.err()).isEqualTo(ExitCode.SUCCESS);
      return terminal;
    } finally {
      System.setIn(original);
    }
  }

  @Test
  void theSplitsAreEvaluated() throws IOException {
    JsonNode found = JSON.readTree(succeed("evaluate", run, "--json").out());

    assertThat(found.at("/validation/items").asInt()).isEqualTo(20);
    assertThat(found.at("/validation/accuracy").asDouble()).isGreaterThan(0.7);
  }

  @ParameterizedTest
  @ValueSource(strings = {"target=place", "columns={rooms: categorical}", "missing=[x]"})
  void settingsOfTheModelCannotBeChangedForAnEvaluation(String set) {
    Terminal terminal = new Terminal();

    assertThat(terminal.run("evaluate", run, "--set", "data." + set))
        .isEqualTo(ExitCode.INVALID_REQUEST);
    assertThat(terminal.err()).contains("data." + set.substring(0, set.indexOf('=')));
  }

  @Test
  void resumedAndDistributedRunsWithATextAreEqual() throws IOException {
    String rows = "a quiet house,4,yes\na noisy house,2,no\n".repeat(10);
    Files.writeString(folder.resolve("texts.csv"), "review,stars,sold\n" + rows);
    Path texts =
        Files.writeString(
            folder.resolve("texts.yaml"),
            """
            name: texts
            device: cpu
            model: {type: ft-transformer, width: 8, layers: 1, heads: 2}
            data: {type: tabular, train: {path: texts.csv}, target: sold, columns: {review: text}}
            training: {batchSize: 4, epochs: 2}
            """);

    Interruption.assertResumes(texts.toString(), Files.createDirectory(folder.resolve("texts")));
    succeed("check", "equivalence", texts.toString());
  }

  @Test
  void anotherFileIsEvaluated() throws IOException {
    Path file = Files.writeString(folder.resolve("more.csv"), "sold,place,rooms\nyes,town,5\n");

    JsonNode found =
        JSON.readTree(succeed("evaluate", run, "--data", file.toString(), "--json").out());

    assertThat(found.at("/data/items").asInt()).isEqualTo(1);
  }

  @Test
  void rowsOfAFileArePredictedInTheirOrder() throws IOException {
    Path file =
        Files.writeString(folder.resolve("rows.csv"), "place,rooms\ntown,70\nhill,3\nlake,\n");

    List<String> lines = succeed("predict", run, "--data", file.toString()).out().lines().toList();

    assertThat(lines).hasSize(3);
    assertThat(lines.get(0)).startsWith("yes\t").contains("\"rooms\":\"70\"");
    assertThat(lines.get(1)).startsWith("no\t");
  }

  @Test
  void rowsOfJsonArePredictedWithTheirId() throws IOException {
    Terminal terminal =
        withInput("{\"id\": 7, \"place\": \"town\", \"rooms\": 70}\n", "predict", run, "--json");

    JsonNode found = JSON.readTree(terminal.out());
    assertThat(found.at("/id").asInt()).isEqualTo(7);
    assertThat(found.at("/label").asText()).isEqualTo("yes");
    assertThat(found.at("/row/rooms").asInt()).isEqualTo(70);
    assertThat(found.at("/probabilities/no").isNumber()).isTrue();
  }

  @Test
  void aRowThatDoesNotFitIsRejectedBeforeAnythingIsPredicted() throws IOException {
    Path file = Files.writeString(folder.resolve("bad.csv"), "place,rooms\ntown,70\nhill,many\n");
    Terminal terminal = new Terminal();

    int code = terminal.run("predict", run, "--data", file.toString());

    assertThat(code).isEqualTo(ExitCode.INVALID_REQUEST);
    assertThat(terminal.err()).contains("bad.csv line 3", "\"many\"", "\"rooms\"");
    assertThat(terminal.out()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"place\": \"town\", \"rooms\": 3}{\"place\": \"hill\", \"rooms\": 4}",
        "{\"place\": \"town\", \"rooms\": 3} more",
        "{\"place\": \"town\", \"rooms\": 3, \"rooms\": 4}"
      })
  void aTextThatIsNotOneRowIsRejected(String text) {
    Terminal terminal = new Terminal();

    assertThat(terminal.run("predict", run, "--text", text)).isEqualTo(ExitCode.INVALID_REQUEST);
    assertThat(terminal.out()).isEmpty();
  }

  @Test
  void aTextWithAnUnknownColumnIsRejected() {
    Terminal terminal = new Terminal();

    int code = terminal.run("predict", run, "--text", "{\"place\": \"town\", \"room\": 3}");

    assertThat(code).isEqualTo(ExitCode.INVALID_REQUEST);
    assertThat(terminal.err()).contains("\"room\"", "\"rooms\"?");
  }

  @Test
  void aPipelineClassifiesRowsOfNamedValues() throws IOException {
    try (Pipeline pipeline = Pipeline.open(Path.of(run))) {
      assertThat(
              pipeline
                  .classify(pipeline.tableRows(List.of(Map.of("place", "town", "rooms", 70))))
                  .get(0)
                  .label())
          .isEqualTo("yes");
    }
  }

  @Test
  void theReportShowsTheColumns() throws IOException {
    assertThat(Files.readString(Path.of(run, "report.html")))
        .contains("column rooms: numeric", "column place: categorical, 3 values");
  }

  @Test
  void aResumedRunHasTheSameModel() throws IOException {
    String other = folder.resolve("resumed").toString();
    succeed("train", runFile.toString(), "--output", other);
    for (Path checkpoint : FolderEntries.of(Path.of(other, "checkpoints"))) {
      if (checkpoint.getFileName().toString().compareTo("step-00000040") > 0) {
        new LocalDisk().delete(checkpoint);
      }
    }
    succeed("train", other);

    assertThat(hash(other)).isEqualTo(hash(run));
  }

  private static String hash(String directory) throws IOException {
    return AtomicFile.readJson(Path.of(directory, "summary.json")).path("modelHash").asText();
  }

  @Test
  void gradientsDoNotDependOnTheDivisionOfABatch() {
    succeed("check", "equivalence", runFile.toString());
  }

  @Test
  void aRegressionPredictsInTheUnitOfItsTarget() throws IOException {
    String regression = folder.resolve("regression").toString();
    List<String> arguments =
        new ArrayList<>(List.of("train", runFile.toString(), "--output", regression));
    for (String set :
        List.of(
            "data.target=price",
            "data.split.by=random",
            "data.columns={sold: ignore}",
            "training.epochs=60")) {
      arguments.addAll(List.of("--set", set));
    }
    succeed(arguments.toArray(String[]::new));

    JsonNode summary = AtomicFile.readJson(Path.of(regression, "summary.json"));
    assertThat(summary.at("/validation/r2").asDouble()).isBetween(0.4, 1.0);
    assertThat(summary.at("/validation/rmse").asDouble()).isBetween(100.0, 20_000.0);
    Terminal terminal =
        withInput("{\"place\": \"town\", \"rooms\": 40}\n", "predict", regression, "--json");

    assertThat(JSON.readTree(terminal.out()).at("/values/price").asDouble())
        .isCloseTo(40_000, within(4_000.0));
  }
}
