package dev.counterpoint.runner.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.counterpoint.runner.cli.option.ExitCode;
import dev.counterpoint.tasks.table.Table;
import dev.counterpoint.tasks.table.TableSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Predictions for a table, written into a file. */
final class ScoredTableTest {
  @TempDir static Path folder;

  private final Terminal terminal = new Terminal();

  @BeforeAll
  static void train() throws IOException {
    StringBuilder rows = new StringBuilder("id,size,colour,y\n");
    for (int i = 0; i < 600; i++) {
      rows.append("k").append(i).append(',').append(i % 10).append(',');
      rows.append(i % 3 == 0 ? "red" : "\"deep, blue\"").append(',').append(i % 10 > 4);
      rows.append('\n');
    }
    Files.writeString(folder.resolve("rows.csv"), rows);
    Files.writeString(
        folder.resolve("rows.yaml"),
        """
        name: rows
        device: cpu
        model: {type: mlp, width: 8, layers: 1}
        data: {type: tabular, train: {path: rows.csv}, target: y, columns: {id: ignore}}
        training: {epochs: 1, batchSize: 100}
        """);
    Terminal terminal = new Terminal();
    assertThat(terminal.run("train", path("rows.yaml"), "--output", path("run")))
        .as(terminal.err())
        .isZero();
    assertThat(SmallRun.in(Files.createDirectory(folder.resolve("texts"))).train().err())
        .isNotNull();
  }

  private static String path(String name) {
    return folder.resolve(name).toString();
  }

  private int score(String output, String... more) {
    return predict("run", "rows.csv", output, more);
  }

  private int predict(String run, String data, String output, String... more) {
    List<String> arguments =
        new ArrayList<>(
            List.of("predict", path(run), "--data", path(data), "--output", path(output)));
    arguments.addAll(List.of(more));
    return terminal.run(arguments.toArray(String[]::new));
  }

  private static List<String> rows(String file) throws IOException {
    return TableSource.of(folder.resolve(file))
        .read(
            table -> {
              List<String> rows = new ArrayList<>(List.of(String.join("|", table.columns())));
              for (Table.Row row = table.next(); row != null; row = table.next()) {
                rows.add(String.join("|", table.columns().stream().map(row::get).toList()));
              }
              return rows;
            });
  }

  @Test
  void formatsHaveTheSameRows() throws IOException {
    for (String format : List.of("csv", "jsonl", "parquet")) {
      assertThat(score("same." + format, "--keep", "id,colour")).as(terminal.err()).isZero();
    }

    assertThat(rows("same.csv")).hasSize(601);
    assertThat(rows("same.csv").get(0)).isEqualTo("id|colour|prediction|probability");
    assertThat(rows("same.csv").get(2)).startsWith("k1|deep, blue|");
    assertThat(rows("same.jsonl")).isEqualTo(rows("same.csv"));
    assertThat(rows("same.parquet")).isEqualTo(rows("same.csv"));
  }

  @Test
  void aPartWithoutRowsHasTheColumnsOfTheOthers() throws IOException {
    Files.writeString(folder.resolve("none.csv"), "id,size,colour\n");
    for (String format : List.of("csv", "parquet")) {
      assertThat(score("full-part." + format, "--keep", "id")).as(terminal.err()).isZero();
      assertThat(predict("run", "none.csv", "part." + format, "--keep", "id", "--part"))
          .as(terminal.err())
          .isZero();
      assertThat(rows("part." + format)).containsExactly(rows("full-part." + format).get(0));
    }
    assertThat(predict("run", "none.csv", "none.parquet")).isEqualTo(ExitCode.INVALID_REQUEST);
    assertThat(terminal.err()).contains("none.csv has no rows");
  }

  @ParameterizedTest
  @CsvSource({
    "id, scores.txt, .parquet",
    "prediction, scores.csv, prediction",
    "no, scores.csv, no"
  })
  void whatTasksOfSparkWouldRejectIsRejectedBefore(String keep, String output, String detail)
      throws IOException {
    Path plan = Files.createTempDirectory(folder, "plan");
    assertThat(score(output, "--keep", keep, "--plan", plan.toString()))
        .isEqualTo(ExitCode.INVALID_REQUEST);
    assertThat(terminal.err()).contains(detail);
    assertThat(folder.resolve(output)).doesNotExist();
  }

  @Test
  void aFolderOfTasksIsContinuedOnlyWithTheSameRows() throws IOException {
    Path rows = Files.createDirectory(folder.resolve("many"));
    Files.copy(folder.resolve("rows.csv"), rows.resolve("a.csv"));
    String plan = Files.createTempDirectory(folder, "plan").toString();
    assertThat(predict("run", "many", "many.csv", "--plan", plan)).as(terminal.err()).isZero();
    assertThat(predict("run", "many", "many.csv", "--plan", plan)).as(terminal.err()).isZero();

    Files.writeString(rows.resolve("b.csv"), "id,size,colour\n");
    assertThat(predict("run", "many", "many.csv", "--plan", plan))
        .isEqualTo(ExitCode.INVALID_REQUEST);
    assertThat(terminal.err()).contains("many.csv exists");
  }

  @Test
  void aFullDiskIsReportedWithTheFile() throws IOException {
    Path full = Path.of("/dev/full"); // A write to it fails as on a full disk.
    assumeTrue(Files.exists(full), "This system has no /dev/full.");
    Files.createSymbolicLink(folder.resolve("full.parquet.lines.partial"), full);

    assertThat(score("full.parquet")).isEqualTo(ExitCode.RUN_FAILED);
    assertThat(terminal.err()).contains("full.parquet: No space left");
  }

  @Test
  void existingFileIsNotReplaced() throws IOException {
    Files.writeString(folder.resolve("old.csv"), "mine");

    assertThat(score("old.csv")).isEqualTo(ExitCode.INVALID_REQUEST);
    assertThat(folder.resolve("old.csv")).hasContent("mine");
  }

  @Test
  void restartGivesTheSameBytes() throws IOException {
    Files.writeString(folder.resolve("second.parquet.partial"), "killed");

    assertThat(score("first.parquet")).as(terminal.err()).isZero();
    assertThat(score("second.parquet")).as(terminal.err()).isZero();

    assertThat(folder.resolve("second.parquet"))
        .hasSameBinaryContentAs(folder.resolve("first.parquet"));
    assertThat(folder.resolve("second.parquet.partial")).doesNotExist();
  }

  @Test
  void invalidRowLeavesNoFile() throws IOException {
    String rows = "size,colour\n" + "1,red\n".repeat(700) + "wide,red\n";
    Files.writeString(folder.resolve("bad.csv"), rows);

    assertThat(predict("run", "bad.csv", "bad-out.jsonl")).isEqualTo(ExitCode.INVALID_REQUEST);
    assertThat(terminal.err()).contains("bad.csv line 702");
    assertThat(folder.resolve("bad-out.jsonl")).doesNotExist();
    assertThat(folder.resolve("bad-out.jsonl.partial")).doesNotExist();
  }

  @Test
  void unknownKeptColumnIsRejectedWithTheColumns() {
    assertThat(score("kept.csv", "--keep", "ids")).isEqualTo(ExitCode.INVALID_REQUEST);
    assertThat(terminal.err()).contains("id, size, colour");
  }

  @Test
  void unknownExtensionIsRejected() {
    assertThat(score("out.xlsx")).isEqualTo(ExitCode.INVALID_REQUEST);
    assertThat(terminal.err()).contains(".parquet");
  }

  @Test
  void aFolderThatDoesNotExistIsNamed() {
    assertThat(score("none/out.csv")).isEqualTo(ExitCode.INVALID_REQUEST);
    assertThat(terminal.err()).contains("--output", "none does not exist");
    assertThat(terminal.run("train", "penguins", "--trace", path("none/t"), "--output", path("x")))
        .isEqualTo(ExitCode.INVALID_REQUEST);
    assertThat(terminal.err()).contains("--trace", "none does not exist");
    assertThat(folder.resolve("x")).doesNotExist();
  }

  @Test
  void outputNeedsData() {
    assertThat(terminal.run("predict", path("run"), "--output", path("o.csv")))
        .isEqualTo(ExitCode.INVALID_REQUEST);
  }

  @Test
  void keptColumnsNeedAnOutput() {
    assertThat(terminal.run("predict", path("run"), "--data", path("rows.csv"), "--keep", "id"))
        .isEqualTo(ExitCode.INVALID_REQUEST);
    assertThat(terminal.err()).contains("--keep", "--output");
  }

  @ParameterizedTest
  @CsvSource({"--json,", "--top, 2"})
  void optionsOfPrintedPredictionsAreRejectedWithAnOutput(String option, String value) {
    assertThat(
            terminal.run(
                Stream.of(
                        "predict",
                        path("run"),
                        "--data",
                        path("rows.csv"),
                        "--output",
                        path("o.csv"),
                        option,
                        value)
                    .filter(Objects::nonNull)
                    .toArray(String[]::new)))
        .isEqualTo(ExitCode.INVALID_REQUEST);
    assertThat(terminal.err()).contains(option, "--output");
    assertThat(Path.of(path("o.csv"))).doesNotExist();
  }

  @Test
  void textsAreScored() throws IOException {
    assertThat(predict("texts/run", "texts/other.tsv", "texts.parquet", "--keep", "label"))
        .as(terminal.err())
        .isZero();

    assertThat(rows("texts.parquet")).hasSize(6);
    assertThat(rows("texts.parquet").get(0)).isEqualTo("label|prediction|probability");
  }
}
