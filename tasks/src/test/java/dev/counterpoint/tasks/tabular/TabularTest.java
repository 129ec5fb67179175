package dev.counterpoint.tasks.tabular;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.data.DataSpec;
import dev.counterpoint.core.data.Dataset;
import dev.counterpoint.core.data.HostBatch;
import dev.counterpoint.core.data.source.DataSplits;
import dev.counterpoint.core.data.source.FileSplit;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.core.settings.RecordCopy;
import dev.counterpoint.tasks.table.Chunk;
import dev.counterpoint.tasks.table.TableFormat;
import dev.counterpoint.tasks.table.TableSource;
import dev.counterpoint.tasks.table.TableSplit;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Encoding of tables by {@link Tabular}. */
class TabularTest {
  private static final String TRAIN = DataSplits.TRAIN;

  @TempDir Path folder;
  private Tables tables;

  @BeforeEach
  void createTables() {
    tables = new Tables(folder);
  }

  private DataSplits train(String table, Object... settings) throws IOException {
    tables.write("train.csv", table);
    return tables.open(Tables.settings(settings));
  }

  private static Object[] columns(String name, ColumnType type) {
    return new Object[] {"columns", Map.of(name, type)};
  }

  @Test
  void numbersAreStandardized() throws IOException {
    DataSplits data = train("x,y\n1,a\n3,b\n");

    assertThat(Tables.feature(data, TRAIN, 0)).containsExactly(-1f, 1f);
    assertThat(data.spec().features()).isEqualTo(1);
  }

  @Test
  void aMissingNumberIsTheMedianWithAnIndicator() throws IOException {
    DataSplits data = train("x,y\n1,a\n,b\n2,a\n6,b\n");

    float median = (float) (-1 / Math.sqrt(14 / 3.0));
    assertThat(Tables.feature(data, TRAIN, 0).get(1)).isEqualTo(median);
    assertThat(Tables.feature(data, TRAIN, 1)).containsExactly(0f, 1f, 0f, 0f);
  }

  @Test
  void statisticsAreThoseOfTheTrainingSplit() throws IOException {
    tables.write("other.csv", "x,y\n5,a\n7,b\n");
    DataSplits data = train("x,y\n1,a\n3,b\n", "validation", new FileSplit("other.csv"));

    assertThat(Tables.feature(data, "validation", 0)).containsExactly(3f, 5f);
  }

  /**
   * Recorded from scikit-learn's QuantileTransformer(n_quantiles=5, output_distribution=normal).
   */
  @Test
  void quantileColumnsAreNormal() throws IOException {
    DataSplits data = train("x,y\n1,a\n2,b\n2,a\n10,b\n100,a\n", columns("x", ColumnType.QUANTILE));

    assertThat(Tables.feature(data, TRAIN, 0).get(0)).isCloseTo(-5.19934f, within(1e-4f));
    assertThat(Tables.feature(data, TRAIN, 0).get(1)).isCloseTo(-0.318639f, within(1e-5f));
    assertThat(Tables.feature(data, TRAIN, 0).get(3)).isCloseTo(0.67449f, within(1e-5f));
    assertThat(Tables.feature(data, TRAIN, 0).get(4)).isCloseTo(5.19934f, within(1e-4f));
  }

  @Test
  void categoriesHaveIdsFrom1AndUnseenOnesHave0() throws IOException {
    tables.write("other.csv", "c,y\ngreen,p\nred,q\n");
    DataSplits data =
        train("c,y\nred,p\nblue,q\nred,q\n", "validation", new FileSplit("other.csv"));

    assertThat(Tables.ids(data, TRAIN)).containsExactly(2L, 1L, 2L);
    assertThat(Tables.ids(data, "validation")).containsExactly(0L, 2L);
    assertThat(data.spec().table().cardinalities()).containsExactly(3);
    assertThat(data.notes()).anyMatch(it -> it.startsWith("validation: ") && it.contains("c 1"));
  }

  @Test
  void rareCategoriesShareTheIdOfUnseenOnes() throws IOException {
    DataSplits data = train("c,y\nred,p\nblue,q\nred,q\n", "minimumCount", 2);

    assertThat(Tables.ids(data, TRAIN)).containsExactly(1L, 0L, 1L);
  }

  @Test
  void aMissingCategoryIsACategory() throws IOException {
    DataSplits data = train("c,y\nred,p\n?,q\nNA,q\nblue,p\n");

    assertThat(Tables.ids(data, TRAIN)).containsExactly(3L, 1L, 1L, 2L);
  }

  @Test
  void booleansAreNumbers() throws IOException {
    DataSplits data = train("b,y\ntrue,p\nFalse,q\n");

    assertThat(Tables.feature(data, TRAIN, 0)).containsExactly(1f, -1f);
  }

  @Test
  void datesHaveCyclicCalendarParts() throws IOException {
    DataSplits data = train("d,y\n2026-01-01,p\n2026-07-02,q\n");

    assertThat(data.spec().features()).isEqualTo(7);
    assertThat(Tables.feature(data, TRAIN, 0)).containsExactly(-1f, 1f);
    assertThat(Tables.feature(data, TRAIN, 1).get(0)).isZero(); // sine of the day of the year
    assertThat(Tables.feature(data, TRAIN, 2).get(0)).isEqualTo(1f);
    assertThat(Tables.feature(data, TRAIN, 2).get(1)).isCloseTo(-1f, within(1e-3f));
  }

  @Test
  void timesHaveTheTimeOfDay() throws IOException {
    DataSplits data = train("d,y\n2026-01-01 00:00,p\n2026-01-01T06:00:00Z,q\n");

    assertThat(data.spec().features()).isEqualTo(9);
    assertThat(Tables.feature(data, TRAIN, 7).get(1)).isCloseTo(1f, within(1e-6f));
  }

  private static String rows(String header, int count, java.util.function.IntFunction<String> row) {
    return IntStream.range(0, count)
        .mapToObj(row)
        .collect(Collectors.joining("\n", header + "\n", "\n"));
  }

  @Test
  void aRetrainingKeepsStatisticsAndTakesItsOwnWeights() throws IOException {
    DataSplits first = train("x,w,y\n1,5,a\n3,5,b\n", columns("w", ColumnType.IGNORE));
    tables.write("train.csv", "x,w,y\n3,2,a\n5,3,b\n");
    DataSplits second =
        tables.openTrained(
            Tables.settings("columns", Map.of("w", ColumnType.IGNORE), "weight", "w"),
            first,
            first.spec());

    assertThat(Tables.feature(second, TRAIN, 0)).containsExactly(1f, 3f);
    assertThat(Tables.floats(second, TRAIN, Batch.WEIGHTS)).containsExactly(2f, 3f);
  }

  /** The settings of the first training, in which z was ignored, are kept. */
  @Test
  void aModelWithoutTargetTakesThatOfTheData() throws IOException {
    DataSplits first = train("x,z,y\n1,p,a\n3,q,b\n", columns("z", ColumnType.IGNORE));
    tables.write("train.csv", "x,z,y\n3,r,a\n5,q,b\n7,r,a\n");
    DataSpec spec = first.spec().withoutTarget();
    Map<String, ColumnType> ignored = Map.of("z", ColumnType.IGNORE);
    Tabular settings = Tables.settings("target", "z", "columns", ignored);
    Tabular weighted = RecordCopy.with(settings, "weight", "x");

    assertThatThrownBy(() -> tables.openTrained(weighted, first, spec))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("input");
    DataSplits second = tables.openTrained(settings, first, spec);
    assertThat(second.spec().labels()).containsExactly("q", "r");
    assertThat(Tables.labels(second, TRAIN)).containsExactly(1L, 0L, 1L);
    assertThat(Tables.feature(second, TRAIN, 0)).containsExactly(1f, 3f, 5f);
    JsonNode columns =
        new JsonMapper().readTree(tables.save(second).resolve("columns.json").toFile());
    assertThat(columns.get("columns").findValuesAsText("name")).containsExactly("x", "y");
  }

  @ParameterizedTest
  @CsvSource({"NUMERIC, NUMBERS", "CATEGORICAL, CLASS"})
  void theTypeOfANewTargetCanBeSet(ColumnType type, DataSpec.Target target) throws IOException {
    DataSplits first = train("x,z,y\n1,4,a\n3,5,b\n", columns("z", ColumnType.IGNORE));
    Tabular settings = Tables.settings("target", "z", "columns", Map.of("z", type));
    DataSplits second = tables.openTrained(settings, first, first.spec().withoutTarget());

    assertThat(second.spec().target()).isEqualTo(target);
  }

  @Test
  void aSchemaOfOtherStatisticsIsRefusedForANewTarget() throws IOException {
    Object[] ignored = columns("z", ColumnType.IGNORE);
    DataSpec spec = train("x,z,y\n1,4,a\n3,5,b\n4,6,a\n", ignored).spec().withoutTarget();
    DataSplits other = train("x,z,y\n1,4,a\n9,5,b\n4,6,a\n", ignored);

    assertThatThrownBy(() -> tables.openTrained(Tables.settings("target", "z"), other, spec))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("columns.json");
  }

  @Test
  void idsAndConstantsAreIgnoredWithANote() throws IOException {
    DataSplits data =
        train(
            rows(
                "number,code,same,x,y",
                30,
                i -> (i + 100) + ",code" + i + ",7," + i % 3 + "," + i % 2));

    assertThat(data.spec().features()).isEqualTo(1);
    assertThat(data.spec().table().cardinalities()).isEmpty();
    assertThat(data.notes())
        .filteredOn(note -> note.contains("ignored"))
        .extracting(note -> note.split(":")[0])
        .containsExactly("column number", "column code", "column same");
  }

  @Test
  void idsOfManyRowsAreIgnoredUnlessSomeAreEqual() throws IOException {
    DataSplits data =
        train(
            rows("number,customer_id,y", 100_300, i -> (i + 7) + "," + i % 100_100 + "," + i % 2));

    assertThat(data.notes())
        .filteredOn(note -> note.contains("ignored"))
        .extracting(note -> note.split(":")[0])
        .containsExactly("column number");
  }

  @Test
  void aConfiguredTypeOverridesTheInferredOne() throws IOException {
    DataSplits data = train("x,y\n1,a\n2,b\n1,b\n", columns("x", ColumnType.CATEGORICAL));

    assertThat(Tables.ids(data, TRAIN)).containsExactly(1L, 2L, 1L);
  }

  @Test
  void anIgnoredColumnMayHaveAnyValues() throws IOException {
    DataSplits data = train("x,z,y\n1,inf,a\n2,?,b\n", columns("z", ColumnType.IGNORE));

    assertThat(data.spec().features()).isEqualTo(1);
  }

  @Test
  void classesAreTheLabelsOfTheTrainingSplit() throws IOException {
    DataSplits data = train("x,y\n1,10\n2,9\n3,10\n");

    assertThat(data.spec().labels()).containsExactly("9", "10");
    assertThat(data.spec().target()).isEqualTo(DataSpec.Target.CLASS);
    assertThat(Tables.labels(data, TRAIN)).containsExactly(1L, 0L, 1L);
  }

  @Test
  void labelsCanBeRenamed() throws IOException {
    tables.write("other.csv", "x,y\n1,yes.\n");
    DataSplits data =
        train(
            "x,y\n1,yes\n2,no\n",
            "labels",
            Map.of("yes.", "yes"),
            "validation",
            new FileSplit("other.csv"));

    assertThat(data.spec().labels()).containsExactly("no", "yes");
    assertThat(Tables.labels(data, "validation")).containsExactly(1L);
  }

  @Test
  void fractionsAreARegression() throws IOException {
    DataSplits data = train("x,y\n1,10.5\n2,11.5\n");

    assertThat(data.spec().target()).isEqualTo(DataSpec.Target.NUMBERS);
    assertThat(data.spec().labels()).containsExactly("y");
    assertThat(data.spec().table().targetMeans()).containsExactly(11.0);
    assertThat(data.spec().table().targetDeviations()).containsExactly(0.5);
    assertThat(Tables.floats(data, TRAIN, Batch.LABELS)).containsExactly(10.5f, 11.5f);
  }

  @Test
  void notesLabelsThatDifferInCaseOrInvisibleCharacters() throws IOException {
    tables.write("train.csv", "x,y\n1,yes\n2,Yes\n3,no\n4,no\u200b\n");

    try (DataSplits data = tables.open(Tables.settings())) {
      assertThat(data.notes())
          .anyMatch(note -> note.endsWith("only in case: \"Yes\" and \"yes\""))
          .anyMatch(note -> note.contains("\"no\" and \"no<U+200B>\""));
    }
  }

  @Test
  void aTargetOfIntegersIsARegressionIfConfigured() throws IOException {
    DataSplits data = train("x,y\n1,0\n2,1\n", columns("y", ColumnType.NUMERIC));

    assertThat(data.spec().target()).isEqualTo(DataSpec.Target.NUMBERS);
  }

  @Test
  void severalTargetsAreNumbers() throws IOException {
    DataSplits data = train("x,y,z\n1,0,5\n2,1,7\n", "target", null, "targets", List.of("z", "y"));

    assertThat(data.spec().labels()).containsExactly("z", "y");
    assertThat(Tables.floats(data, TRAIN, Batch.LABELS)).containsExactly(5f, 0f, 7f, 1f);
  }

  @Test
  void balancedClassesHaveTheWeightsOfScikitLearn() throws IOException {
    tables.write("other.csv", "x,y\n1,a\n");
    DataSplits data =
        train(
            "x,y\n1,a\n2,a\n3,a\n4,b\n",
            "balanceClasses",
            true,
            "validation",
            new FileSplit("other.csv"));

    assertThat(Tables.floats(data, TRAIN, Batch.WEIGHTS))
        .containsExactly(4 / 6f, 4 / 6f, 4 / 6f, 2f);
    assertThat(Tables.all(data, "validation").tensors()).doesNotContainKey(Batch.WEIGHTS);
  }

  @Test
  void aKeyThatTheFirstRowsLackIsAColumn() throws IOException {
    tables.write(
        "train.jsonl",
        "{\"a\": 1, \"y\": \"no\"}\n{\"a\": 2, \"y\": \"yes\", \"c\": 5}\n{\"c\": 6, \"y\": \"no\"}\n");
    DataSplits splits = tables.open(Tables.settings("train", new FileSplit("train.jsonl")));

    assertThat(splits.notes())
        .anySatisfy(note -> assertThat(note).contains("column c: numeric, 5 to 6", "1 missing"))
        .anySatisfy(note -> assertThat(note).contains("column a: numeric, 1 to 2", "1 missing"));
  }

  @Test
  void classWeightsMultiplyExampleWeights() throws IOException {
    DataSplits data =
        train("x,w,y\n1,2,a\n2,3,b\n", "weight", "w", "classWeights", Map.of("b", 10.0));

    assertThat(Tables.floats(data, TRAIN, Batch.WEIGHTS)).containsExactly(2f, 30f);
    assertThat(data.spec().features()).isEqualTo(1);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "train.csv  | x,c,y~1,a,p~2,b,q~",
        "train.tsv  | x\tc\ty~1\ta\tp~2\tb\tq~",
        "train.json | [{\"x\": 1, \"c\": \"a\", \"y\": \"p\"}, {\"x\": 2, \"c\": \"b\", \"y\": \"q\"}]",
        "train.jsonl | {\"x\": 1, \"c\": \"a\", \"y\": \"p\"}~{\"x\": 2, \"c\": \"b\", \"y\": \"q\"}~"
      })
  void formatsHaveTheSameContent(String name, String content) throws IOException {
    tables.write(name, content.replace('~', '\n').strip());

    DataSplits data = tables.open(Tables.settings("train", new FileSplit(name)));

    assertThat(Tables.feature(data, TRAIN, 0)).containsExactly(-1f, 1f);
    assertThat(Tables.ids(data, TRAIN)).containsExactly(1L, 2L);
    assertThat(Tables.labels(data, TRAIN)).containsExactly(0L, 1L);
  }

  @Test
  void nullAndAbsentKeysOfJsonAreMissing() throws IOException {
    tables.write(
        "train.jsonl",
        "{\"x\": 1, \"c\": \"a\", \"y\": \"p\"}\n{\"x\": null, \"c\": \"b\", \"y\": \"q\"}\n"
            + "{\"c\": \"b\", \"y\": \"q\"}\n{\"x\": 3, \"c\": \"b\", \"y\": \"q\"}\n");

    DataSplits data = tables.open(Tables.settings("train", new FileSplit("train.jsonl")));

    assertThat(Tables.feature(data, TRAIN, 1)).containsExactly(0f, 1f, 1f, 0f);
  }

  @Test
  void gzipIsRead() throws IOException {
    try (OutputStream file =
        new GZIPOutputStream(Files.newOutputStream(folder.resolve("train.csv.gz")))) {
      file.write("x,y\n1,a\n3,b\n".getBytes(StandardCharsets.UTF_8));
    }

    DataSplits data = tables.open(Tables.settings("train", new FileSplit("train.csv.gz")));

    assertThat(Tables.feature(data, TRAIN, 0)).containsExactly(-1f, 1f);
  }

  @Test
  void aFileWithoutHeaderHasConfiguredNamesAndTrimmedFields() throws IOException {
    DataSplits data =
        train(
            "1, red, \"a, b\"\n3, blue , c\n\n",
            "header",
            false,
            "columnNames",
            List.of("x", "color", "y"));

    assertThat(data.spec().labels()).containsExactly("a, b", "c");
    assertThat(Tables.feature(data, TRAIN, 0)).containsExactly(-1f, 1f);
    assertThat(data.notes()).anyMatch(note -> note.contains("(blue, red)"));
  }

  @Test
  void aFileWithoutHeaderHasNumberedColumns() throws IOException {
    DataSplits data = train("1;a\n3;b\n", "header", false, "target", "column2", "separator", ";");

    assertThat(Tables.labels(data, TRAIN)).containsExactly(0L, 1L);
  }

  @Test
  void oneTableIsDividedIntoSplits() throws IOException {
    DataSplits data =
        train(
            rows("x,y", 200, i -> i * 0.5 + "," + (i % 4 == 0 ? "a" : "b")),
            "split",
            new TableSplit(0.2, 0.1, TableSplit.By.STRATIFIED, null, null));

    assertThat(data.splits().get(TRAIN).size()).isEqualTo(140);
    assertThat(data.splits().get("validation").size()).isEqualTo(40);
    assertThat(Tables.labels(data, "validation").stream().filter(it -> it == 0)).hasSize(10);
    assertThat(data.splits().get("test").size()).isEqualTo(20);
  }

  @Test
  void theOriginOfAnExampleIsItsLine() throws IOException {
    DataSplits data = train("x,z,y\n1,\"a\nb\",p\n2,c,q\n");

    Dataset.Traceable train = (Dataset.Traceable) data.train();
    assertThat(train.origin(1)).isEqualTo(folder.resolve("train.csv") + " line 4");
  }

  @Test
  void anotherFileIsEncodedWithTheColumnsOfTheModel() throws IOException {
    DataSplits trained = train("x,c,y\n1,red,a\n3,blue,b\n");
    tables.write("more.csv", "extra,y,c,x\n?,b,green,5\n");

    DataSplits data = tables.openFile(Tables.settings(), "more.csv", trained);

    assertThat(Tables.feature(data, "data", 0)).containsExactly(3f);
    assertThat(Tables.ids(data, "data")).containsExactly(0L);
    assertThat(Tables.labels(data, "data")).containsExactly(1L);
  }

  @Test
  void rowsOfNamedValuesAreEncodedLikeTheTable() throws IOException {
    DataSplits trained = train("x,c,b,y\n1,red,no,a\n3,blue,yes,b\n");

    HostBatch batch =
        TabularRows.open(tables.save(trained), trained.spec())
            .encoded(List.of(Map.of("x", 3, "c", "blue", "b", true)))
            .batch();

    assertThat(batch.tensors().get(Batch.FEATURES).floats()).containsExactly(1, 1);
    assertThat(batch.tensors().get(Batch.CATEGORIES).longs()).containsExactly(1);
  }

  @Test
  void aCategoryOfAnEarlierModelIsFoundHoweverItIsWritten() {
    Column column =
        Column.withoutNumbers("c", ColumnType.CATEGORICAL, "", 0, List.of("1012.0", "True"));
    ColumnEncoder encoder = ColumnEncoder.input(column);

    assertThat(List.of("1012.0", "1012", "True", "true", "tru", "01012"))
        .extracting(
            value -> {
              int[] cells = new int[1];
              encoder.encode(value, cells, 0);
              return cells[0];
            })
        .containsExactly(1, 1, 2, 2, 0, 0);
    assertThat(encoder.isUnseen("true")).isFalse();
  }

  @Test
  void labelsHaveTheSameOrderInEachProcess() {
    Map<String, String> labels =
        IntStream.range(0, 20).boxed().collect(Collectors.toMap(i -> "l" + i, i -> "m" + i));

    assertThat(List.copyOf(Tables.settings("labels", labels).labels().keySet())).isSorted();
  }

  @Test
  void longTextsAreCountedInBoundedMemory() {
    ColumnProfile profile = new ColumnProfile(new TableSource("t", List.of()), "x");
    Reading reading = new Reading(TableFormat.defaults(), List.of(), Map.of());
    for (int i = 0; i < 100; i++) {
      List<String> text = List.of(i + "x".repeat(1 << 20));
      Chunk.Values values = new Chunk.Values(null, new int[1], text, Double::toString);
      Chunk chunk = new Chunk(new long[] {i}, Map.of("x", values));
      profile.add(chunk, reading.fields(chunk, "x", false));
    }

    assertThat(profile.distinct()).hasSizeLessThan(40);
    assertThat(profile.column(null, false, 1).reason()).startsWith("ids or free text");
  }

  @Test
  void theSignatureNamesInputsAndOutputs() throws IOException {
    DataSplits trained = train("x,c,id,y\n1,red,5,a\n,blue,5,b\n3,blue,5,b\n");

    JsonNode signature =
        new JsonMapper().readTree(tables.save(trained).resolve("signature.json").toFile());

    assertThat(signature.at("/inputs").findValuesAsText("name")).containsExactly("x", "c");
    assertThat(signature.at("/inputs/0/nullable").asBoolean()).isTrue();
    assertThat(signature.at("/inputs/0/range/1").asDouble()).isEqualTo(3);
    assertThat(signature.at("/inputs/1/categories").get(0).asText()).isEqualTo("blue");
    assertThat(signature.at("/outputs/0/categories").get(1).asText()).isEqualTo("b");
    assertThat(signature.at("/decision").asText()).isEqualTo("softmax");
  }

  @Test
  void theFingerprintNamesTheSplitThatChanged() throws IOException {
    tables.write("other.csv", "x,y\n5,a\n");
    Tabular settings = Tables.settings("validation", new FileSplit("other.csv"));
    tables.write("train.csv", "x,y\n1,a\n3,b\n");
    String before = tables.open(settings).fingerprint();
    tables.write("other.csv", "x,y\n6,a\n");

    String after = tables.open(settings).fingerprint();

    assertThat(part(after, "train:")).isEqualTo(part(before, "train:"));
    assertThat(part(after, "validation:")).isNotEqualTo(part(before, "validation:"));
  }

  private static String part(String fingerprint, String name) {
    return fingerprint.substring(fingerprint.indexOf(name)).split(" ")[0];
  }

  @Test
  void manyRowsAreEncodedInABoundedHeap() throws IOException {
    DataSplits data = train(rows("x,c,y", 150_000, i -> 2 * i + ",c" + i % 7 + "," + i % 2));

    assertThat(data.train().size()).isEqualTo(150_000);
    assertThat(Tables.feature(data, TRAIN, 0).get(149_999)).isCloseTo(1.732f, within(1e-3f));
  }
}
