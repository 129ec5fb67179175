package dev.counterpoint.tasks.tabular;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.counterpoint.core.data.source.DataSplits;
import dev.counterpoint.core.data.source.FileSplit;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.tasks.table.TableSplit;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Invalid input of {@link Tabular} and the resulting messages. */
class TabularRefusalTest {
  @TempDir Path folder;
  private Tables tables;

  @BeforeEach
  void createTables() {
    tables = new Tables(folder);
  }

  private void assertRejected(String table, List<?> settings, String... parts) throws IOException {
    Path file = tables.write("train.csv", table);
    Tabular tabular = Tables.settings(settings.toArray());
    assertInvalid(() -> tables.open(tabular), parts);
    assertThat(file).exists();
  }

  private static void assertInvalid(ThrowingCallable action, String... parts) {
    Throwable thrown = catchThrowable(action);
    assertThat(thrown).isInstanceOf(InvalidSettings.class).hasMessageContainingAll(parts);
    assertThat(thrown.getMessage().lines()).hasSize(1);
  }

  @Test
  void anUnknownColumnIsNamedWithTheExistingOnes() throws IOException {
    assertRejected(
        "age,y\n1,a\n2,b\n",
        List.of("columns", Map.of("agge", ColumnType.NUMERIC)),
        folder.resolve("train.csv").toString(),
        "\"agge\"",
        "\"age\"?",
        "age, y");
  }

  @Test
  void aMissingTargetColumnIsNamed() throws IOException {
    assertRejected("x,z\n1,a\n2,b\n", List.of(), "\"y\"", "x, z");
  }

  @Test
  void aFileWithAnotherSeparatorIsRecognized() throws IOException {
    assertRejected("x;y\n1;a\n2;b\n", List.of(), "semicolons", "data.separator");
  }

  @Test
  void theTargetMustBeSet() throws IOException {
    tables.write("train.csv", "x,y\n1,a\n2,b\n");
    Tabular settings = Tables.settings("target", null);
    assertInvalid(() -> tables.open(settings), "data.target");
  }

  @Test
  void textInANumericColumnIsNamedWithItsLine() throws IOException {
    assertRejected(
        "x,y\n1,a\ntwo,b\n",
        List.of("columns", Map.of("x", ColumnType.NUMERIC)),
        "train.csv line 3",
        "\"two\"",
        "\"x\"",
        "data.missing",
        "data.columns.x",
        "categorical");
  }

  @Test
  void aFewTextsAmongNumbersAreRejected() throws IOException {
    String rows =
        IntStream.range(0, 30)
            .mapToObj(i -> i + 0.5 + "," + i % 2)
            .collect(Collectors.joining("\n"));
    assertRejected("x,y\n" + rows + "\nunknown,1\n", List.of(), "line 32", "\"unknown\"");
  }

  @Test
  void textInANumericColumnOfAnotherSplitIsNamedWithItsLine() throws IOException {
    tables.write("other.csv", "x,y\n5,a\nsix,b\n");
    assertRejected(
        "x,y\n1,a\n2,b\n",
        List.of("validation", new FileSplit("other.csv")),
        "other.csv line 3",
        "\"six\"");
  }

  @Test
  void anInfiniteNumberIsRejected() throws IOException {
    assertRejected(
        "x,y\n1,a\ninf,b\n2,a\n3,b\n4,a\n5,a\n6,a\n7,a\n8,a\n9,a\n", List.of(), "line 3", "inf");
    assertRejected(
        "x,y\n1,a\n1e999,b\n",
        List.of("columns", Map.of("x", ColumnType.NUMERIC)),
        "line 3",
        "1e999");
  }

  @ParameterizedTest
  @ValueSource(strings = {"1e300", "1e308"})
  void numbersWithoutAFiniteDeviationAreRejected(String number) throws IOException {
    String table = "x,y\nN,a\n-N,b\nN,a\n".replace("N", number);
    assertRejected(table, List.of(), "\"x\"", "data.columns.x");
  }

  @Test
  void aNumberFarFromTheTrainingSplitIsRejected() throws IOException {
    tables.write("other.csv", "x,y\n5,a\n1e300,b\n");
    assertRejected(
        "x,y\n1,a\n2,b\n",
        List.of("validation", new FileSplit("other.csv")),
        "other.csv line 3",
        "1e300",
        "1.0 to 2.0");
  }

  @ParameterizedTest
  @CsvSource({
    "1700000000, 1700000060, 1.7e+09", // Neighbours in float32 differ by 128.
    "1e39, 2e39, 1.5e+39",
    "1e-42, 2e-42, 1.5e-42"
  })
  void aTargetThatFloat32CannotRepresentIsRejected(String low, String high, String mean)
      throws IOException {
    assertRejected(
        "x,y\n1,%s\n2,%s\n".formatted(low, high),
        List.of("columns", Map.of("y", ColumnType.NUMERIC)),
        "\"y\"",
        mean.substring(0, 3),
        mean.substring(mean.indexOf('e')));
  }

  @Test
  void aWeightOfZeroIsRejected() throws IOException {
    assertRejected("x,w,y\n1,1,a\n2,0,b\n", List.of("weight", "w"), "line 3", "\"w\"", "\"0\"");
    assertInvalid(() -> Tables.settings("classWeights", Map.of("a", 0.0)), "classWeights.a");
  }

  private static String rows(String header, int count, IntFunction<String> row) {
    return IntStream.range(0, count)
        .mapToObj(row)
        .collect(Collectors.joining("\n", header + "\n", "\n"));
  }

  @Test
  void anInvalidDateAmongDatesIsNamedWithItsLine() throws IOException {
    assertRejected(
        rows("x,y", 20, i -> "2026-02-%02d,%s".formatted(i + 10, i % 2)),
        List.of(),
        "train.csv line 21",
        "\"2026-02-29\"",
        "date column",
        "data.columns.x");
  }

  @Test
  void aTargetOfNumbersWithThousandsSeparatorsIsNotOfClasses() throws IOException {
    assertRejected(
        rows("x,y", 20, i -> "%s,\"%s,300.00\"".formatted(i % 3, i + 10)),
        List.of(),
        "train.csv line 2",
        "\"10,300.00\"",
        "thousands separators",
        "data.columns.y to categorical");
  }

  @Test
  void aClassOfManyCharactersIsRejectedWithItsLine() throws IOException {
    assertRejected(
        "x,y\n1,a\n2," + "b".repeat(1001) + "\n", List.of(), "train.csv line 3", "1,001");
  }

  @Test
  void aTextAmongTheNumbersOfATargetIsNamedWithItsLine() throws IOException {
    assertRejected(
        rows("x,y", 20, i -> i % 3 + "," + (i == 4 ? "lost" : i + ".5")),
        List.of(),
        "train.csv line 6",
        "\"lost\"");
  }

  @Test
  void classesMayBeNumbersWithAFewTexts() throws IOException {
    tables.write("train.csv", rows("x,y", 40, i -> i % 3 + "," + (i == 4 ? "none" : i % 5)));

    assertThat(tables.open(Tables.settings()).spec().labels()).hasSize(6);
  }

  @Test
  void aConstantTargetIsRejected() throws IOException {
    assertRejected("x,y\n1,a\n2,a\n", List.of(), "\"y\"", "\"a\"");
  }

  @Test
  void aRowWithoutTargetIsRejected() throws IOException {
    assertRejected("x,y\n1,a\n2,b\n3,?\n", List.of(), "line 4", "\"y\"");
  }

  @Test
  void aTargetWithoutValuesIsRejected() throws IOException {
    assertRejected("x,y\n1,\n2,\n", List.of(), "\"y\"", "no values");
  }

  @Test
  void aLabelThatIsNotInTheTrainingSplitIsRejected() throws IOException {
    tables.write("other.csv", "x,y\n5,a.\n");
    assertRejected(
        "x,y\n1,a\n2,b\n",
        List.of("test", new FileSplit("other.csv")),
        "other.csv line 2",
        "\"a.\"",
        "a, b",
        "data.labels");
  }

  @Test
  void anEmptyFileIsRejected() throws IOException {
    assertRejected("", List.of(), folder.resolve("train.csv").toString(), "empty");
    assertRejected("x,y\n", List.of(), folder.resolve("train.csv").toString(), "no rows");
    assertRejected("\n", List.of("header", false), "empty");
  }

  @Test
  void aRowWithTooFewFieldsIsRejectedWithItsLine() throws IOException {
    assertRejected("x,z,y\n1,2,a\n2,b\n", List.of(), "train.csv line 3", "2 fields", "3");
    assertRejected(
        "1,2,a\n2,b\n",
        List.of("header", false, "columnNames", List.of("x", "z", "y")),
        "train.csv line 2",
        "2 fields",
        "3: x, z, y");
  }

  @Test
  void aTableWithoutInputsIsRejected() throws IOException {
    assertRejected("x,y\n1,a\n1,b\n", List.of(), "no column");
  }

  @Test
  void aNegativeWeightIsRejected() throws IOException {
    assertRejected("x,w,y\n1,1,a\n2,-1,b\n", List.of("weight", "w"), "line 3", "\"-1\"", "\"w\"");
  }

  @Test
  void aWeightOfAnUnknownClassIsRejected() throws IOException {
    assertRejected("x,y\n1,a\n2,b\n", List.of("classWeights", Map.of("c", 1.0)), "\"c\"", "a, b");
  }

  @Test
  void anUnknownColumnOfASplitIsRejected() throws IOException {
    assertRejected(
        "x,y\n1,a\n2,b\n",
        List.of("split", new TableSplit(0.5, null, TableSplit.By.GROUP, "house", null)),
        "house",
        "x, y");
  }

  @Test
  void aTimeThatIsNoneIsRejectedWithItsLine() throws IOException {
    assertRejected(
        "x,t,y\n1,2026-01-01,a\n2,soon,b\n",
        List.of("split", new TableSplit(0.5, null, TableSplit.By.TIME, "t", null)),
        "line 3",
        "\"soon\"");
  }

  @Test
  void aSplitWithoutRowsIsRejected() throws IOException {
    assertRejected(
        "x,y\n1,a\n2,b\n",
        List.of("split", new TableSplit(0.1, null, null, null, null)),
        "no rows",
        "validation");
  }

  @Test
  void aFileAndAShareOfTheSameSplitAreRejected() {
    assertInvalid(
        () ->
            Tables.settings(
                "validation",
                new FileSplit("other.csv"),
                "split",
                new TableSplit(0.1, null, null, null, null)),
        "split.validation");
  }

  @Test
  void rowsThatDoNotFitAreRejectedWithRowAndColumn() throws IOException {
    tables.write("train.csv", "x,c,y\n1,red,a\n3,blue,b\n");
    DataSplits trained = tables.open(Tables.settings());
    TabularRows rows = TabularRows.open(tables.save(trained), trained.spec());
    Map<String, Object> good = Map.of("x", 1, "c", "red");

    assertInvalid(
        () -> rows.encoded(List.of(good, Map.of("x", "one", "c", "red"))),
        "Row 1",
        "\"x\"",
        "\"one\"");
    assertInvalid(() -> rows.encoded(List.of(good, Map.of("c", "red"))), "Row 1", "x");
    assertInvalid(
        () -> rows.encoded(List.of(Map.of("x", 1, "c", "red", "cc", 1))),
        "Row 0",
        "\"cc\"",
        "x, c");
    assertInvalid(
        () -> rows.encoded(List.of(Map.of("x", List.of(1), "c", "red"))), "Row 0", "\"x\"");
  }

  @ParameterizedTest
  @CsvSource({
    "'\"deviation\" : 1.0', '\"deviation\" : -5.0', deviation",
    "'\"deviation\" : 1.0', '\"deviation\" : \"Infinity\"', deviation",
    "'\"mean\" : 2.0', '\"mean\" : 2.5', statistics",
    "'\"NUMERIC\"', '\"CATEGORICAL\"', statistics",
    "'\"NUMERIC\"', '\"NUMBER\"', NUMBER",
    "'[ \"blue\", \"red\" ]', '[ \"blue\", \"red\", \"tan\" ]', statistics",
    "'[ \"blue\", \"red\" ]', '[ \"red\", \"red\" ]', categories",
    "'\"quantiles\" : [ 1.0', '\"quantiles\" : [ 9.0', quantiles"
  })
  void changedColumnsOfAModelAreRejected(String before, String after, String part)
      throws IOException {
    tables.write("train.csv", "x,c,y\n1,red,a\n3,blue,b\n1,red,a\n3,blue,b\n");
    DataSplits trained = tables.open(Tables.settings());
    Path model = tables.save(trained);
    Path file = model.resolve(TabularSchema.FILE);
    String content = Files.readString(file);
    assertThat(content).contains(before);
    Files.writeString(file, content.replace(before, after));

    assertInvalid(() -> TabularRows.open(model, trained.spec()), file.toString(), part);
  }

  @Test
  void noRowOfAFileIsPassedOnIfOneIsInvalid() throws IOException {
    tables.write("train.csv", "x,y\n1,a\n3,b\n");
    DataSplits trained = tables.open(Tables.settings());
    TabularRows rows = TabularRows.open(tables.save(trained), trained.spec());
    Path file = tables.write("rows.csv", "x\n1\n2\nthree\n");
    List<Object> read = new java.util.ArrayList<>();

    assertInvalid(() -> rows.read(file, read::add), "rows.csv line 4", "\"three\"");

    assertThat(read).isEmpty();
  }

  @Test
  void aStratifiedSplitByANumberIsRefusedWithAdvice() throws IOException {
    TableSplit split = new TableSplit(0.2, 0.0, TableSplit.By.STRATIFIED, null, null);

    assertRejected("x,y\n1,1.5\n2,2.5\n3,3.5\n", List.of("split", split), "validation", "random");
  }

  @Test
  void severalColumnsWithoutANameAreRejected() throws IOException {
    assertRejected(",,y\n1,2,a\n3,4,b\n", List.of(), "train.csv", "without a name");
  }

  @ParameterizedTest
  @ValueSource(strings = {"NaN", "Infinity", "1e999", "1d", "0x1p3"})
  void aTimeThatIsNotAFiniteNumberIsRejectedWithItsLine(String time) throws IOException {
    TableSplit split = new TableSplit(0.2, 0.2, TableSplit.By.TIME, "t", null);

    assertRejected(
        "x,t,y\n1,1,a\n2," + time + ",b\n3,3,a\n", List.of("split", split), "line 3", time);
  }

  @Test
  void tooManyStrataAreRejectedWithAdvice() throws IOException {
    TableSplit split = new TableSplit(0.2, 0.2, TableSplit.By.STRATIFIED, null, null);
    String rows =
        IntStream.range(0, 110_000)
            .mapToObj(i -> i % 7 + "," + i + ".5\n")
            .collect(Collectors.joining());

    assertRejected("x,y\n" + rows, List.of("split", split), "100000", "data.split.by to random");
  }
}
