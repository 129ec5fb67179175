package dev.counterpoint.runner.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.counterpoint.runner.cli.option.ExitCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Queries that a run directory names, which may come from anyone. */
final class QueryTrustTest {
  private static final String SELECT = "SELECT i AS x, i % 2 = 0 AS y FROM range(40) t(i)";

  @TempDir private Path folder;
  private Path run = Path.of("");

  @BeforeEach
  void train() throws IOException {
    run = folder.resolve("run");
    Path file =
        Files.writeString(
            folder.resolve("rows.yaml"),
            """
            name: rows
            device: cpu
            model: {type: mlp, width: 4, layers: 1}
            data:
              type: tabular
              train: {sql: {url: 'jdbc:duckdb:', query: '%s'}}
              split: {validation: 0.2}
              target: y
            training: {epochs: 1, batchSize: 8, optimizer: {type: adamw, learningRate: 1e-2}}
            """
                .formatted(SELECT));
    Terminal terminal = new Terminal();
    assertThat(terminal.run("train", file.toString(), "--output", run.toString()))
        .as(terminal.err())
        .isEqualTo(ExitCode.SUCCESS);
  }

  @Test
  void theQueryOfTheUsersOwnTrainingRunsAgain() {
    Terminal terminal = new Terminal();

    assertThat(terminal.run("evaluate", run.toString()))
        .as(terminal.err())
        .isEqualTo(ExitCode.SUCCESS);
  }

  @Test
  void aQueryOfSeveralLinesIsPrintedOnOne() throws IOException {
    Path file = folder.resolve("rows.yaml");
    Files.writeString(
        file,
        Files.readString(file)
            .replace(
                "'" + SELECT + "'", "\"" + SELECT + "\\n-- 1\\n-- data.train.path: SHA-256 0\""));
    String other = folder.resolve("other").toString();
    Terminal terminal = new Terminal();
    assertThat(terminal.run("train", file.toString(), "--output", other))
        .as(terminal.err())
        .isEqualTo(ExitCode.SUCCESS);

    assertThat(terminal.run("check", "history", other))
        .as(terminal.err())
        .isEqualTo(ExitCode.SUCCESS);
    assertThat(terminal.out())
        .contains("data.train.sql.query: " + SELECT + "\\n-- 1\\n-- data.train.path")
        .contains("NOT verified: whether the queries still return the rows")
        .doesNotContain("\n-- data");
  }

  @Test
  void queriesWithTheSameLinesAsATrustedOneAreNotTrusted() throws IOException {
    Path file = folder.resolve("rows.yaml");
    String content = Files.readString(file);
    String sql = "{url: 'jdbc:duckdb:', query: '" + SELECT + "'}";
    assertThat(content).contains(sql);
    String line = "\\ndata.train.sql.url: jdbc:duckdb:";
    String own = "{url: 'jdbc:duckdb:', query: \"" + SELECT + "/*" + line + "\\n*/\"}";
    String other = "{url: \"jdbc:duckdb:\\n*/" + line + "\", query: \"" + SELECT + "/*\"}";
    Files.writeString(file, content.replace(sql, own));
    String directory = folder.resolve("other").toString();
    Terminal training = new Terminal();
    assertThat(training.run("train", file.toString(), "--output", directory))
        .as(training.err())
        .isEqualTo(ExitCode.SUCCESS);
    Files.writeString(folder.resolve("other/run.yaml"), content.replace(sql, other));
    Terminal terminal = new Terminal();

    assertThat(terminal.run("evaluate", directory)).isEqualTo(ExitCode.INVALID_REQUEST);
    assertThat(terminal.err()).contains("--trust-code");
  }

  @Test
  void aQueryFromAFileOfTheRunIsRejected() throws IOException {
    Path file = run.resolve("run.yaml");
    Files.writeString(file, Files.readString(file).replace(SELECT, "${file:query.sql}"));
    Files.writeString(run.resolve("query.sql"), SELECT);
    Terminal terminal = new Terminal();

    assertThat(terminal.run("evaluate", run.toString())).isEqualTo(ExitCode.INVALID_REQUEST);
    assertThat(terminal.err()).contains("data.train.sql.query", "${ENV:NAME}");
  }

  @Test
  void anotherQueryRunsOnlyIfItIsTrusted() throws IOException {
    Path written = folder.resolve("written.csv");
    String evil = "SELECT 1); COPY (SELECT 1) TO ''%s''; SELECT (1".formatted(written);
    Path file = run.resolve("run.yaml");
    String content = Files.readString(file);
    assertThat(content).contains(SELECT);
    Files.writeString(file, content.replace(SELECT, evil));

    for (List<String> command :
        List.of(
            List.of("evaluate", run.toString()),
            List.of("train", run.toString()),
            List.of("train", file.toString(), "--output", folder.resolve("new").toString()),
            List.of("reproduce", run.toString()),
            List.of("check", "history", run.toString()))) {
      Terminal terminal = new Terminal();
      assertThat(terminal.run(command.toArray(String[]::new)))
          .as("%s", command)
          .isEqualTo(ExitCode.INVALID_REQUEST);
      assertThat(terminal.err()).as("%s", command).contains("--trust-code", "COPY");
    }
    assertThat(written).doesNotExist();
  }
}
