package dev.counterpoint.runner.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.counterpoint.runner.cli.option.ExitCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Rows that are read from the query of a file. */
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

  /** The connection of PostgreSQL, or of a DuckDB file. */
  private static String connection(String database) {
    return database.equals("postgres")
        ? "url: '%s', properties: {user: %s, password: '${file:secret}'}"
            .formatted(server.url(), PostgresServer.USER)
        : "url: 'jdbc:duckdb:%s'".formatted(path(database));
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

  @Test
  void literalPasswordsAreRejected() throws IOException {
    Path file = folder.resolve("literal.yaml");
    Files.writeString(
        file,
        "{url: '%s', query: SELECT 1, properties: {user: u, password: hunter22}}"
            .formatted(server.url()));

    assertThat(score(file.toString(), path("literal.csv"))).isEqualTo(ExitCode.INVALID_REQUEST);
    assertThat(terminal.err()).contains("password").doesNotContain("hunter22");
  }

  @Test
  void rowsOfAQueryArePredicted() throws IOException {
    String data = yaml("postgres", "query", "SELECT id, size, colour FROM houses");

    assertThat(terminal.run("predict", path("run"), "--data", data)).as(terminal.err()).isZero();
    assertThat(terminal.out().lines()).hasSize(10);

    assertThat(score(data, path("queried.csv"), "--keep", "id")).as(terminal.err()).isZero();
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
