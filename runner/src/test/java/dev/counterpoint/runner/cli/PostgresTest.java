package dev.counterpoint.runner.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.counterpoint.core.internal.storage.AtomicFile;
import dev.counterpoint.core.settings.CacheFolder;
import dev.counterpoint.runner.cli.option.ExitCode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.LocalDate;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Tables from queries on a PostgreSQL server. */
@EnabledOnOs(value = OS.LINUX, architectures = "amd64")
final class PostgresTest {
  private static final String SELECT = "SELECT id, size, colour, day, flag, y FROM houses";

  private static PostgresServer server;

  @TempDir private Path folder;
  private final Terminal terminal = new Terminal();

  @BeforeAll
  static void startServer() throws Exception {
    server = new PostgresServer();
    server.execute(
        """
        CREATE TABLE houses AS SELECT i AS id, (i % 97) * 1.5::float8 AS size,
          CASE WHEN i % 11 = 0 THEN NULL ELSE 'c' || i % 7 END AS colour,
          DATE '2026-01-01' + i % 300 AS day, i % 3 = 0 AS flag,
          CASE WHEN (i % 97) + (i % 5) > 48 THEN 'yes' ELSE 'no' END AS y
        FROM generate_series(1, 10000) i""");
  }

  @AfterAll
  static void stopServer() throws Exception {
    server.close();
  }

  private String sql(String query) throws IOException {
    return sql(query, PostgresServer.PASSWORD);
  }

  private String sql(String query, String password) throws IOException {
    Files.writeString(folder.resolve("secret"), password);
    return "{sql: {url: '%s', query: \"%s\", properties: {user: %s, password: '${file:%s}'}}}"
        .formatted(server.url(), query, PostgresServer.USER, folder.resolve("secret"));
  }

  private Path runFile(String train) throws IOException {
    return Files.writeString(
        folder.resolve("houses.yaml"),
        """
        name: houses
        device: cpu
        model: {type: mlp, width: 8, layers: 1, dropout: 0, categoryWidth: 4}
        data:
          type: tabular
          train: %s
          validation: %s
          target: y
        training: {epochs: 1, batchSize: 500, optimizer: {type: adamw, learningRate: 1e-2}}
        """
            .formatted(train, train));
  }

  private int train(String train, String output) throws IOException {
    return terminal.run(
        "train", runFile(train).toString(), "--output", folder.resolve(output).toString());
  }

  private String modelHash(String run) throws IOException {
    return AtomicFile.readJson(folder.resolve(run).resolve("summary.json"))
        .path("modelHash")
        .asText();
  }

  private static List<String> cached() throws IOException {
    try (Stream<Path> files = Files.list(CacheFolder.path())) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.startsWith("query"))
          .sorted()
          .toList();
    }
  }

  @Test
  void rowsOfDatabaseAndOfCsvGiveTheSameModel() throws Exception {
    StringBuilder csv = new StringBuilder("id,size,colour,day,flag,y\n");
    for (int i = 1; i <= 10_000; i++) {
      csv.append(i).append(',').append((i % 97) * 1.5).append(',');
      csv.append(i % 11 == 0 ? "" : "c" + i % 7).append(',');
      csv.append(LocalDate.of(2026, 1, 1).plusDays(i % 300)).append(',');
      csv.append(i % 3 == 0).append(',').append(i % 97 + i % 5 > 48 ? "yes" : "no").append('\n');
    }
    Files.writeString(folder.resolve("houses.csv"), csv);

    assertThat(train("{path: houses.csv}", "csv")).as(terminal.err()).isZero();
    assertThat(train(sql(SELECT + " ORDER BY id"), "sql")).as(terminal.err()).isZero();

    assertThat(modelHash("sql")).isEqualTo(modelHash("csv")).isNotEmpty();
    assertThat(Files.readString(folder.resolve("sql/model/columns.json")))
        .isEqualTo(Files.readString(folder.resolve("csv/model/columns.json")));
  }

  @Test
  void passwordIsInNoFileOfTheRun() throws IOException {
    assertThat(train(sql(SELECT), "run")).as(terminal.err()).isZero();

    try (Stream<Path> files = Files.walk(folder.resolve("run"))) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        assertThat(new String(Files.readAllBytes(file), StandardCharsets.UTF_8))
            .as(file.toString())
            .doesNotContain(PostgresServer.PASSWORD);
      }
    }
    assertThat(terminal.out() + terminal.err()).doesNotContain(PostgresServer.PASSWORD);
  }

  @Test
  void resumingWithOtherRowsIsRejected() throws IOException, SQLException {
    server.execute("CREATE TABLE changing AS SELECT * FROM houses WHERE id <= 1000");
    assertThat(train(sql("SELECT * FROM changing"), "run")).as(terminal.err()).isZero();
    server.execute("UPDATE changing SET size = 4711 WHERE id = 77");

    int code =
        terminal.run("train", folder.resolve("run").toString(), "--set", "training.epochs=2");

    assertThat(code).isEqualTo(ExitCode.INVALID_REQUEST);
    assertThat(terminal.err()).contains("train");
  }

  @Test
  void resumingWithTheSameRowsInAnotherOrderIsExact() throws IOException, SQLException {
    server.execute("CREATE TABLE moving AS SELECT * FROM houses WHERE id <= 1000");
    String query = sql("SELECT * FROM moving");
    assertThat(train(query, "run")).as(terminal.err()).isZero();
    server.execute("UPDATE moving SET size = size WHERE id < 500"); // These rows move to the end.

    int code =
        terminal.run("train", folder.resolve("run").toString(), "--set", "training.epochs=2");

    assertThat(code).as(terminal.err()).isZero();
  }

  @Test
  void wrongPasswordIsRejectedAndNotPrinted() throws IOException {
    assertThat(train(sql(SELECT, "battery staple"), "run")).isEqualTo(ExitCode.INVALID_REQUEST);
    assertThat(terminal.err()).contains("password authentication").doesNotContain("staple");
  }

  @Test
  void literalPasswordsAreRejected() throws IOException {
    String literal =
        "{sql: {url: '%s?user=u&password=hunter22', query: 'SELECT 1'}}".formatted(server.url());

    assertThat(train(literal, "run")).isEqualTo(ExitCode.INVALID_REQUEST);
    assertThat(terminal.err()).contains("data.train.sql.url").doesNotContain("hunter22");
  }

  @Test
  void emptyResultIsRejected() throws IOException {
    List<String> before = cached();

    assertThat(train(sql(SELECT + " WHERE id < 0"), "run")).isEqualTo(ExitCode.INVALID_REQUEST);
    assertThat(terminal.err()).contains("no rows");
    assertThat(cached()).isEqualTo(before);
  }

  @Test
  void unknownColumnIsRejectedWithTheMessageOfTheServer() throws IOException {
    assertThat(train(sql("SELECT colr FROM houses"), "run")).isEqualTo(ExitCode.INVALID_REQUEST);
    assertThat(terminal.err()).contains("colr");
  }

  @Test
  void missingTargetIsRejectedWithTheColumns() throws IOException {
    assertThat(train(sql("SELECT id, size FROM houses"), "run"))
        .isEqualTo(ExitCode.INVALID_REQUEST);
    assertThat(terminal.err()).contains("id, size");
  }

  @Test
  void lostConnectionLeavesNothingInTheCache() throws IOException {
    List<String> before = cached();
    String query =
        "SELECT i AS id, CASE WHEN i = 55000 THEN pg_terminate_backend(pg_backend_pid())::text"
            + " ELSE 'a' END AS y FROM generate_series(1, 100000) i";

    assertThat(train(sql(query), "run")).isEqualTo(ExitCode.INVALID_REQUEST);
    assertThat(terminal.err()).contains("after row 50000");
    assertThat(cached()).isEqualTo(before);
  }

  @Test
  void typesBecomeTexts() throws IOException {
    String query =
        "SELECT i AS id, (i * 1.10)::numeric(9, 2) AS price, i::smallint AS small, i::real AS real,"
            + " TIMESTAMPTZ '2026-03-29 02:30:00+02' + i * interval '1 hour' AS zoned,"
            + " TIMESTAMP '2026-03-29 02:30:00' + i * interval '1 hour' AS local,"
            + " md5(i::text)::uuid AS uuid, i % 2 AS y FROM generate_series(1, 100) i";

    assertThat(train(sql(query), "run")).as(terminal.err()).isZero();
    String columns = Files.readString(folder.resolve("run/model/columns.json"));
    assertThat(columns).contains("\"zoned\"").contains("\"DATE\"");
  }

  @Test
  void unsupportedTypeIsRejectedWithRowAndColumn() throws IOException {
    assertThat(train(sql("SELECT point(1, 2) AS place, 1 AS y"), "run"))
        .isEqualTo(ExitCode.INVALID_REQUEST);
    assertThat(terminal.err()).contains("row 1").contains("place");
  }
}
