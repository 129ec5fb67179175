package dev.counterpoint.tasks.tabular;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.data.HostBatch;
import dev.counterpoint.core.data.source.DataSplits;
import dev.counterpoint.core.data.source.FileSplit;
import dev.counterpoint.core.data.source.SqlQuery;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.core.settings.Secrets;
import dev.counterpoint.tasks.table.Duck;
import dev.counterpoint.tasks.table.SourceFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tables in Parquet files and from queries on DuckDB. */
final class ParquetTest {
  private static final String ROWS =
      """
      SELECT i AS number, i / 7 AS fraction, (i * 1.25)::DECIMAL(10, 2) AS price,
        CASE WHEN i % 5 = 0 THEN NULL ELSE 'c' || i % 3 END AS colour, i % 2 = 0 AS flag,
        DATE '2026-01-01' + (i % 100)::INTEGER AS day,
        TIMESTAMP '2026-01-01 08:15:00' + to_hours(i % 50) AS moment,
        CASE WHEN i % 3 = 0 THEN 'p' ELSE 'q' END AS y
      FROM range(200) t(i)""";

  @TempDir private Path folder;
  private Tables tables;

  @BeforeEach
  void writeFiles() throws IOException {
    tables = new Tables(folder);
    Duck.write("COPY (%s) TO '%s'", ROWS, folder.resolve("a.parquet"));
    Duck.write("COPY (%s) TO '%s' (HEADER)", ROWS, folder.resolve("a.csv"));
  }

  private DataSplits open(FileSplit split) throws IOException {
    return tables.open(Tables.settings("train", split));
  }

  private static SqlQuery query(String url, String query) {
    return new SqlQuery(url, query, null);
  }

  private static String rowsHash(DataSplits data) {
    return data.fingerprint().split(" ")[0];
  }

  @Test
  void aSecretInAQueryOrAUrlIsMaskedBeforeItIsCut() {
    String secret = "Tr0ub4dor&3x  yz;zy?".repeat(3);
    Secrets.hide(secret, "${ENV:KEY}");
    SqlQuery sql = new SqlQuery("jdbc:x:/a/" + secret + "/b", "SELECT '" + secret + "'", null);

    assertThat(sql.name()).isEqualTo("query \"SELECT '${ENV:KEY}'\" of jdbc:x:/a/${ENV:KEY}/b");
    assertThat(sql.mask("cannot open " + sql.url() + " or " + secret))
        .isEqualTo("cannot open jdbc:x:/a/${ENV:KEY}/b or ${ENV:KEY}");
  }

  @Test
  void parquetAndCsvAndQueryHaveTheSameRows() throws IOException {
    String csv = rowsHash(open(new FileSplit("a.csv")));

    assertThat(rowsHash(open(new FileSplit("a.parquet")))).isEqualTo(csv);
    assertThat(rowsHash(open(new FileSplit(null, query("jdbc:duckdb:", ROWS))))).isEqualTo(csv);
  }

  @Test
  void columnsOfAllTypesInSeveralChunksAreReadAsInCsv() throws IOException {
    String rows =
        """
        SELECT i AS number, (i / 7)::FLOAT AS single, CASE WHEN i % 4 = 0 THEN NULL
          WHEN i % 5 = 0 THEN 'NaN'::DOUBLE ELSE i / 3 END AS fraction,
          9007199254740993 + i * 7 AS large, (i % 200)::UTINYINT AS small,
          CASE WHEN i % 7 = 0 THEN NULL ELSE i % 2 END AS bit, i % 3 = 0 AS flag,
          CASE WHEN i % 9 = 0 THEN NULL ELSE DATE '1960-01-01' + (i % 9000)::INTEGER END AS day,
          CASE WHEN i < 29000 THEN 'a' || i % 3 ELSE 'late' || i % 5 END AS text,
          CASE WHEN i % 11 = 0 THEN ' NA ' ELSE 't' || i % 1500 END AS many,
          CASE WHEN i % 3 = 0 THEN 'p' ELSE 'q' END AS y
        FROM range(30000) t(i)""";
    Duck.write("COPY (%s) TO '%s'", rows, folder.resolve("b.parquet"));
    Duck.write("COPY (%s) TO '%s' (HEADER)", rows, folder.resolve("b.csv"));

    assertThat(rowsHash(open(new FileSplit("b.parquet"))))
        .isEqualTo(rowsHash(open(new FileSplit("b.csv"))));
  }

  private DataSplits openNumbers(String type, Map<String, ColumnType> columns, String missing)
      throws IOException {
    Duck.write(
        "COPY (SELECT x::%s AS x, y FROM (VALUES (1, 'a'), (3, 'b'), (-99999999, 'a')) t(x, y))"
            + " TO '%s'",
        type, folder.resolve(type + ".parquet"));
    return tables.open(
        Tables.settings(
            "train",
            new FileSplit(type + ".parquet"),
            "columns",
            columns,
            "missing",
            List.of(missing)));
  }

  @ParameterizedTest
  @CsvSource({"DOUBLE, -99999999", "INTEGER, -99999999.0", "DOUBLE, -9.9999999e7"})
  void aNumberIsMissingHoweverItIsWritten(String type, String missing) throws IOException {
    DataSplits data = openNumbers(type, Map.of(), missing);

    assertThat(Tables.feature(data, "train", 0)).startsWith(-1f, 1f);
    assertThat(Tables.feature(data, "train", 1)).containsExactly(0f, 0f, 1f);
    assertThat(features(data, -99999999)).isEqualTo(features(data, -99999999.0)).endsWith(1f);
  }

  private float[] features(DataSplits data, Object value) throws IOException {
    try (TabularRows rows = TabularRows.open(tables.save(data), data.spec())) {
      HostBatch batch = rows.encoded(List.of(Map.of("x", value))).batch();
      return Objects.requireNonNull(batch.tensors().get(Batch.FEATURES)).floats();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"DOUBLE", "FLOAT", "INTEGER", "VARCHAR"})
  void aNumberIsTheSameCategoryHoweverItIsWritten(String type) throws IOException {
    DataSplits data = openNumbers(type, Map.of("x", ColumnType.CATEGORICAL), "NA");

    assertThat(Tables.ids(data, "train")).containsExactly(2L, 3L, 1L);
    try (TabularRows rows = TabularRows.open(tables.save(data), data.spec())) {
      for (Object value : List.of(3, 3.0, "3", "3.0")) {
        HostBatch batch = rows.encoded(List.of(Map.of("x", value))).batch();
        assertThat(batch.tensors().get(Batch.CATEGORIES).longs()).containsExactly(3);
      }
      HostBatch other = rows.encoded(List.of(Map.of("x", "03"))).batch();
      assertThat(other.tensors().get(Batch.CATEGORIES).longs()).containsExactly(0);
    }
  }

  @Test
  void integersAndDoublesOfSeveralFilesAreTheSameCategories() throws IOException {
    Path parts = Files.createDirectory(folder.resolve("parts"));
    for (String type : List.of("DOUBLE", "INTEGER")) {
      Duck.write(
          "COPY (SELECT x::%s AS x, y FROM (VALUES (1, 'a'), (3, 'b')) t(x, y)) TO '%s'",
          type, parts.resolve(type + ".parquet"));
    }
    Map<String, ColumnType> columns = Map.of("x", ColumnType.CATEGORICAL);
    DataSplits data =
        tables.open(Tables.settings("train", new FileSplit("parts"), "columns", columns));

    assertThat(Tables.ids(data, "train")).containsExactly(1L, 2L, 1L, 2L);
  }

  @Test
  void theFirstInvalidRowIsReported() throws IOException {
    Duck.write(
        "COPY (SELECT i AS x, CASE WHEN i < 4000 THEN 'p' ELSE 'r' || i END AS y, i %% 7 AS w"
            + " FROM range(5000) t(i)) TO '%s'",
        folder.resolve("v.parquet"));
    Duck.write(
        "COPY (SELECT i AS x, CASE WHEN i < 40 THEN 'p' ELSE 'q' END AS y, i %% 7 AS w"
            + " FROM range(90) t(i)) TO '%s'",
        folder.resolve("t.parquet"));
    Tabular settings =
        Tables.settings(
            "train", new FileSplit("t.parquet"), "validation", new FileSplit("v.parquet"));

    assertThatThrownBy(() -> tables.open(settings))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("v.parquet row 4001")
        .hasMessageContaining("\"r4000\"");
  }

  @Test
  void ignoredColumnMayHaveAnyType() throws IOException {
    Duck.write(
        "COPY (SELECT i AS x, {'a': i} AS s, i %% 2 AS y FROM range(90) t(i)) TO '%s'",
        folder.resolve("s.parquet"));
    Tabular settings =
        Tables.settings(
            "train",
            new FileSplit("s.parquet"),
            "columns",
            Map.of("s", ColumnType.IGNORE, "x", ColumnType.NUMERIC));

    assertThat(tables.open(settings).train().size()).isEqualTo(90);
  }

  @Test
  void rowsOfQueryHaveTheOrderOfTheFirstImport() throws IOException {
    String first = open(new FileSplit(null, query("jdbc:duckdb:", ROWS))).fingerprint();
    String reversed = ROWS + " ORDER BY i DESC";

    assertThat(open(new FileSplit(null, query("jdbc:duckdb:", reversed))).fingerprint())
        .isEqualTo(first);
  }

  @Test
  void aSecondStatementIsRefused() throws IOException {
    open(new FileSplit(null, query("jdbc:duckdb:", ROWS + "; ")));
    String two = ROWS + "; SELECT 1 AS x, 'a' AS y";

    assertThatThrownBy(() -> open(new FileSplit(null, query("jdbc:duckdb:", two))))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("\";\"");
  }

  @Test
  void otherRowsOfQueryAreOtherData() throws IOException {
    String first = open(new FileSplit(null, query("jdbc:duckdb:", ROWS))).fingerprint();
    String fewer = ROWS + " WHERE i > 0";

    assertThat(open(new FileSplit(null, query("jdbc:duckdb:", fewer))).fingerprint())
        .isNotEqualTo(first);
  }

  @Test
  void truncatedParquetIsRejectedWithItsName() throws IOException {
    Path file = folder.resolve("a.parquet");
    byte[] bytes = Files.readAllBytes(file);
    Files.write(file, Arrays.copyOf(bytes, bytes.length / 2));

    assertThatThrownBy(() -> open(new FileSplit("a.parquet")))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("a.parquet");
  }

  @Test
  void textNamedParquetIsRejectedWithTheCause() throws IOException {
    Files.writeString(folder.resolve("a.parquet"), "x,y\n1,2\n3,4\n");

    assertThatThrownBy(() -> open(new FileSplit("a.parquet")))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContainingAll("a.parquet", "magic bytes");
  }

  @Test
  void unknownColumnOfQueryIsNamed() {
    assertThatThrownBy(
            () -> open(new FileSplit(null, query("jdbc:duckdb:", "SELECT z FROM range(9)"))))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContainingAll("SELECT z FROM range(9)", "\"z\"")
        .hasMessageNotContaining("pending query");
  }

  @Test
  void columnsOfQueryWithTheSameNameAreRejected() {
    String query = "SELECT i AS x, i + 1 AS x, i % 2 AS y FROM range(9) t(i)";

    assertThatThrownBy(() -> open(new FileSplit(null, query("jdbc:duckdb:", query))))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("two columns \"x\"");
  }

  @Test
  void damagedPagesAreRejected() throws IOException {
    Duck.write(
        "COPY (SELECT hash(i) AS x, i %% 2 AS y FROM range(500000) t(i)) TO '%s'",
        folder.resolve("b.parquet"));
    byte[] bytes = Files.readAllBytes(folder.resolve("b.parquet"));
    Arrays.fill(bytes, bytes.length / 2, bytes.length / 2 + 200_000, (byte) 7);
    Files.write(folder.resolve("b.parquet"), bytes);

    assertThatThrownBy(() -> open(new FileSplit("b.parquet")))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("b.parquet")
        .hasMessageNotContaining("pending query");
  }

  @Test
  void fileThatCannotBeReadTwiceIsRejected() {
    Path device = Path.of("/dev/null");
    assumeThat(device).exists();

    assertThatThrownBy(() -> new SourceFile(device).requireReadable(true))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContainingAll("/dev/null", "regular file");
  }

  @Test
  void nameWithPatternCharactersIsOneFile() throws IOException {
    Files.move(folder.resolve("a.parquet"), folder.resolve("a[1]*'.parquet"));

    assertThat(open(new FileSplit("a[1]*'.parquet")).train().size()).isEqualTo(200);
  }

  @Test
  void unknownColumnIsRejectedWithTheColumns() {
    assertThatThrownBy(
            () -> tables.open(Tables.settings("train", new FileSplit("a.parquet"), "target", "z")))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("number, fraction, price");
  }

  @Test
  void unsupportedTypeIsRejectedWithRowAndColumn() {
    String query = "SELECT {'a': 1} AS s, i % 2 AS y FROM range(9) t(i)";

    assertThatThrownBy(() -> open(new FileSplit(null, query("jdbc:duckdb:", query))))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("row 1")
        .hasMessageContaining("\"s\"");
  }

  @Test
  void emptyResultIsRejectedAndNotCached() throws IOException {
    String query = "SELECT 1 AS x, 2 AS y WHERE false";

    assertThatThrownBy(() -> open(new FileSplit(null, query("jdbc:duckdb:", query))))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("no rows");
    assertThat(folder.resolve("cache")).isEmptyDirectory();
  }

  @Test
  void failureInTheMiddleLeavesNothingInTheCache() {
    String query =
        "SELECT i AS x, CASE WHEN i = 90000 THEN error('lost') ELSE 'a' END AS y"
            + " FROM range(100000) t(i)";

    assertThatThrownBy(() -> open(new FileSplit(null, query("jdbc:duckdb:", query))))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("lost");
    assertThat(folder.resolve("cache")).isEmptyDirectory();
  }

  @Test
  void unknownDriverIsRejectedWithThoseOnTheClassPath() {
    assertThatThrownBy(
            () -> open(new FileSplit(null, query("jdbc:other://h/d?password=abc", "SELECT 1"))))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("DuckDB")
        .hasMessageNotContaining("abc");
  }

  @Test
  void pathAndQueryCannotBeCombined() {
    assertThatThrownBy(() -> new FileSplit("a.csv", query("jdbc:duckdb:", ROWS)))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("sql");
  }

  @Test
  void messagesOfDriversAreMasked() {
    SqlQuery sql =
        new SqlQuery(
            "jdbc:x://me:hush@host/db?sslpassword=still", "SELECT 1", Map.of("password", "quiet"));

    assertThat(sql.mask("cannot connect to jdbc:x://me:hush@host/db?sslpassword=still (quiet)"))
        .doesNotContain("hush", "still", "quiet");
  }

  @Test
  void userAndPasswordBeforeTheHostAreNotInTheName() {
    assertThat(query("jdbc:oracle:thin:scott/tiger@//host/db", "SELECT 1").name())
        .contains("host/db")
        .doesNotContain("tiger");
  }
}
