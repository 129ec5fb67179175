package dev.counterpoint.runner.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.counterpoint.core.data.source.SqlQuery;
import dev.counterpoint.runner.cli.option.ExitCode;
import dev.counterpoint.tasks.table.Database;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Rows that are read from a query, and predictions that are written into a database. */
@EnabledOnOs(value = OS.LINUX, architectures = "amd64")
final class DatabaseScoringTest {
  private static final int ROWS = 600;

  @TempDir static Path folder;
  private static PostgresServer server;

  private final Terminal terminal = new Terminal();

  @BeforeAll
  static void train() throws Exception {
    server = new PostgresServer();
    Files.writeString(folder.resolve("secret"), PostgresServer.PASSWORD);
    Files.writeString(folder.resolve("rows.csv"), rows(ROWS));
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
    server.execute(
        "CREATE TABLE houses AS SELECT 'k' || i AS id, i %% 10 AS size, 'red' AS colour, i %% 2 = 0 AS y FROM generate_series(0, 9) i"
            .replace("%%", "%"));
  }

  @AfterAll
  static void stopServer() throws Exception {
    server.close();
  }

  private static String rows(int count) {
    return IntStream.range(0, count)
        .mapToObj(i -> "k%d,%d,%s,%s".formatted(i, i % 10, i % 3 == 0 ? "red" : "blue", i % 10 > 4))
        .collect(Collectors.joining("\n", "id,size,colour,y\n", "\n"));
  }

  private static String path(String name) {
    return folder.resolve(name).toString();
  }

  /** The connection of PostgreSQL, or of a file of DuckDB or SQLite. */
  private static String connection(String database) {
    return database.equals("postgres")
        ? "url: '%s', properties: {user: %s, password: '${file:secret}'}"
            .formatted(server.url(), PostgresServer.USER)
        : "url: '%s'".formatted(urlOfFile(database));
  }

  private static String urlOfFile(String database) {
    return "jdbc:%s:%s".formatted(database.replaceFirst(".*\\.", ""), path(database));
  }

  private static String yaml(String database, String key, String value) throws IOException {
    Path file = Files.createTempFile(folder, "sql", ".yaml");
    Files.writeString(file, "{%s, %s: \"%s\"}".formatted(connection(database), key, value));
    return file.toString();
  }

  private int score(String data, String output, String... more) {
    List<String> arguments =
        new ArrayList<>(List.of("predict", path("run"), "--data", data, "--output", output));
    arguments.addAll(List.of(more));
    return terminal.run(arguments.toArray(String[]::new));
  }

  private static List<String> select(String database, String query)
      throws IOException, SQLException {
    Map<String, String> properties =
        database.equals("postgres")
            ? Map.of("user", PostgresServer.USER, "password", PostgresServer.PASSWORD)
            : Map.of();
    String url = database.equals("postgres") ? server.url() : urlOfFile(database);
    List<String> found = new ArrayList<>();
    try (Connection connection = Database.connectToWrite(new SqlQuery(url, query, properties));
        Statement statement = connection.createStatement()) {
      if (statement.execute(query)) {
        ResultSet rows = statement.getResultSet();
        while (rows.next()) {
          found.add(rows.getString(1));
        }
      }
      connection.commit();
    }
    return found;
  }

  @ParameterizedTest
  @ValueSource(strings = {"postgres", "created.duckdb", "created.sqlite"})
  void theTableIsCreatedWithTheRowsOfAFile(String database) throws Exception {
    String output = yaml(database, "table", "created");

    assertThat(score(path("rows.csv"), output, "--keep", "id")).as(terminal.err()).isZero();

    assertThat(score(path("rows.csv"), path(database + ".jsonl"), "--keep", "id")).isZero();
    List<String> expected =
        Files.readAllLines(folder.resolve(database + ".jsonl")).stream()
            .map(DatabaseScoringTest::row)
            .toList();
    String query = "SELECT id || ' ' || prediction FROM created WHERE probability > 0.4";
    assertThat(select(database, query)).isEqualTo(expected).hasSize(ROWS);
    assertThat(terminal.out() + terminal.err()).doesNotContain(PostgresServer.PASSWORD);
  }

  private static String row(String line) {
    try {
      Map<?, ?> row = new JsonMapper().readValue(line, Map.class);
      return row.get("id") + " " + row.get("prediction");
    } catch (IOException e) {
      throw new IllegalArgumentException(e);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"postgres", "restarted.duckdb", "restarted.sqlite"})
  void aRestartWritesTheMissingRows(String database) throws Exception {
    String output = yaml(database, "table", "restarted");
    assertThat(score(path("rows.csv"), output, "--keep", "id")).as(terminal.err()).isZero();
    String condition = " WHERE CAST(substr(id, 2) AS INTEGER) >= 512";
    select(
        database, "DELETE FROM restarted" + condition); // As if the last batch was not committed.

    assertThat(score(path("rows.csv"), output, "--keep", "id")).as(terminal.err()).isZero();

    assertThat(select(database, "SELECT id FROM restarted" + condition)).hasSize(ROWS - 512);
    assertThat(select(database, "SELECT count(DISTINCT id) FROM restarted"))
        .containsExactly("" + ROWS);
    assertThat(select(database, "SELECT count(*) FROM restarted")).containsExactly("" + ROWS);
  }

  @Test
  void otherRowsAreAddedToTheTable() throws Exception {
    String output = yaml("postgres", "table", "added");
    Files.writeString(folder.resolve("few.csv"), rows(7));

    assertThat(score(path("rows.csv"), output)).as(terminal.err()).isZero();
    assertThat(score(path("few.csv"), output)).as(terminal.err()).isZero();

    assertThat(select("postgres", "SELECT count(*) FROM added")).containsExactly("607");
  }

  @Test
  void anInvalidRowIsNamedAndItsBatchIsNotWritten() throws Exception {
    Files.writeString(folder.resolve("bad.csv"), rows(300) + "k,wide,red,true\n");

    assertThat(score(path("bad.csv"), yaml("postgres", "table", "bad")))
        .isEqualTo(ExitCode.INVALID_REQUEST);

    assertThat(terminal.err()).contains("bad.csv line 302");
    assertThat(select("postgres", "SELECT count(*) FROM bad")).containsExactly("256");
  }

  @Test
  void aTableWithOtherColumnsIsRejectedWithoutTheValuesOfRows() throws Exception {
    server.execute("CREATE TABLE other (scoring TEXT, name TEXT)");

    assertThat(score(path("rows.csv"), yaml("postgres", "table", "other"), "--keep", "id"))
        .isEqualTo(ExitCode.INVALID_REQUEST);

    assertThat(terminal.err()).contains("other").doesNotContain("k0");
  }

  @Test
  void theCauseThatATableCannotBeReadIsNamed() throws Exception {
    select("plain.duckdb", "CREATE TABLE plain (name TEXT)");

    assertThat(score(path("rows.csv"), yaml("plain.duckdb", "table", "plain")))
        .isEqualTo(ExitCode.INVALID_REQUEST);

    assertThat(terminal.err()).contains("scoring", "already exists");
  }

  @Test
  void literalPasswordsAreRejected() throws IOException {
    Path file = folder.resolve("literal.yaml");
    Files.writeString(
        file,
        "{url: '%s', table: t, properties: {user: u, password: hunter22}}".formatted(server.url()));

    assertThat(score(path("rows.csv"), file.toString())).isEqualTo(ExitCode.INVALID_REQUEST);
    assertThat(terminal.err()).contains("password").doesNotContain("hunter22");
  }

  @Test
  void rowsOfAQueryArePredicted() throws IOException {
    String data = yaml("postgres", "query", "SELECT id, size, colour FROM houses");

    assertThat(terminal.run("predict", path("run"), "--data", data)).as(terminal.err()).isZero();
    assertThat(terminal.out().lines()).hasSize(10);

    assertThat(score(data, yaml("queried.duckdb", "table", "scores"), "--keep", "id"))
        .as(terminal.err())
        .isZero();
  }

  @Test
  void rowsOfAFileOfSqliteArePredicted() throws Exception {
    select("rows.sqlite", "CREATE TABLE houses AS SELECT 1 AS size, 'red' AS colour");
    String query = "SELECT size, colour FROM houses";

    assertThat(terminal.run("predict", path("run"), "--data", yaml("rows.sqlite", "query", query)))
        .as(terminal.err())
        .isZero();
    assertThat(terminal.out().lines()).hasSize(1);
  }

  @Test
  void aMissingFileOfSqliteIsNotCreated() throws Exception {
    String data = yaml("missing.sqlite", "query", "SELECT 1 AS size, 'red' AS colour");

    assertThat(terminal.run("predict", path("run"), "--data", data))
        .isEqualTo(ExitCode.INVALID_REQUEST);
    assertThat(terminal.err()).contains("missing.sqlite", "unable to open");
    assertThat(folder.resolve("missing.sqlite")).doesNotExist();
  }

  @Test
  void rowsOfAQueryAreEvaluated() throws IOException {
    String data = yaml("postgres", "query", "SELECT id, size, colour, y FROM houses");

    assertThat(terminal.run("evaluate", path("run"), "--data", data, "--json"))
        .as(terminal.err())
        .isZero();
    assertThat(new JsonMapper().readTree(terminal.out()).at("/data/items").asInt()).isEqualTo(10);
  }
}
