package dev.counterpoint.runner.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.abort;

import dev.counterpoint.core.checkpoint.FolderChecksums;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.inference.Pipeline;
import dev.counterpoint.runner.cli.model.DatabaseFile;
import dev.counterpoint.runner.cli.option.ExitCode;
import dev.counterpoint.serving.BatchLimits;
import dev.counterpoint.serving.ModelId;
import dev.counterpoint.serving.PredictionRequest;
import dev.counterpoint.serving.ProductionModelService;
import dev.counterpoint.serving.RegistryConflict;
import dev.counterpoint.serving.registry.FolderRegistry;
import dev.counterpoint.serving.registry.RegistryContent;
import dev.counterpoint.serving.registry.RegistryContent.Version;
import dev.counterpoint.serving.registry.RegistryModels;
import io.micrometer.core.instrument.composite.CompositeMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** A registry whose journal is in PostgreSQL. */
@Timeout(300)
@EnabledOnOs(value = OS.LINUX, architectures = "amd64")
final class DatabaseRegistryTest {
  private static final int KILLS = Integer.getInteger("counterpoint.kills", 3);
  private static final Path RUN = Path.of("src/test/resources/fixtures/finished");

  @TempDir static Path folder;
  private static PostgresServer server;

  private final Terminal terminal = new Terminal();

  @BeforeAll
  static void start() throws IOException {
    try {
      server = new PostgresServer();
    } catch (Exception e) {
      abort("PostgreSQL cannot be started: " + e.getMessage());
    }
    Files.writeString(folder.resolve("secret"), PostgresServer.PASSWORD);
  }

  @AfterAll
  static void stop() throws Exception {
    if (server != null) {
      server.close();
    }
  }

  /** A file of a registry in its own schema. */
  private static Path file(String schema) throws IOException, SQLException {
    server.execute("CREATE SCHEMA " + schema);
    return Files.writeString(
        folder.resolve(schema + ".yaml"),
        "{url: '%s?currentSchema=%s', folder: %s, properties: {user: %s, password: '${file:secret}'}}"
            .formatted(server.url(), schema, schema, PostgresServer.USER));
  }

  private static FolderRegistry open(Path file) throws IOException {
    return DatabaseFile.registry(file);
  }

  private static Path model(String name, int size) throws IOException {
    Path model = Files.createDirectories(folder.resolve(name));
    Files.writeString(model.resolve("config.json"), "{}");
    Files.write(model.resolve("model.safetensors"), new byte[size]);
    FolderChecksums.write(model);
    return model;
  }

  private String registry(Path file, int exitCode, String... arguments) {
    List<String> line = new ArrayList<>(List.of("registry"));
    line.addAll(List.of(arguments));
    line.addAll(List.of("--registry", file.toString()));
    assertThat(terminal.run(line.toArray(String[]::new)))
        .as(terminal.out() + terminal.err())
        .isEqualTo(exitCode);
    return exitCode == ExitCode.SUCCESS ? terminal.out() : terminal.err();
  }

  @Test
  void theCommandsUseTheDatabase() throws Exception {
    Path file = file("commands");
    assertThat(registry(file, ExitCode.INVALID_REQUEST, "list")).contains("no registry");
    registry(file, ExitCode.SUCCESS, "add", RUN.toString(), "--name", "small");
    registry(file, ExitCode.SUCCESS, "add", RUN.toString(), "--name", "small");
    registry(file, ExitCode.SUCCESS, "alias", "small@champion", "1");
    assertThat(
            registry(
                file, ExitCode.INVALID_REQUEST, "alias", "small@champion", "2", "--expect", "2"))
        .contains("version 1");

    assertThat(registry(file, ExitCode.SUCCESS, "list")).contains("small/1", "small/2", "champion");
    assertThat(registry(file, ExitCode.SUCCESS, "verify")).contains("4 changes", "2 versions");
    assertThat(folder.resolve("commands/journal.jsonl")).doesNotExist();
  }

  @Test
  void changesOfSeveralProcessesAreInOneOrder() throws Exception {
    Path file = file("several");
    Path model = model("several-model", 100);
    open(file).add("a", model);
    List<CompletableFuture<Integer>> versions =
        IntStream.range(0, 8)
            .mapToObj(
                i ->
                    CompletableFuture.supplyAsync(
                        () -> {
                          try {
                            return open(file).add("a", model).number();
                          } catch (IOException e) {
                            throw new IllegalStateException(e);
                          }
                        }))
            .toList();

    assertThat(versions.stream().map(CompletableFuture::join))
        .containsExactlyInAnyOrder(2, 3, 4, 5, 6, 7, 8, 9);
  }

  @Test
  void aChangeBetweenReadingAndWritingIsAConflictAlsoWithoutTheLock() throws Exception {
    FolderRegistry registry = open(file("unlocked"));
    registry.add("a", model("unlocked-model", 100));
    registry.setAlias(ModelId.parse("a@champion"), 1, 0);
    try (Connection other =
            DriverManager.getConnection(
                server.url(), PostgresServer.USER, PostgresServer.PASSWORD);
        Statement sql = other.createStatement()) {
      other.setAutoCommit(false);
      sql.execute("LOCK TABLE unlocked.registry_events IN SHARE ROW EXCLUSIVE MODE"); // may be read
      sql.execute(
          "INSERT INTO unlocked.registry_events SELECT number + 1, event"
              + " FROM unlocked.registry_events WHERE number = 3");
      CompletableFuture<Void> change =
          CompletableFuture.runAsync(
              () -> {
                try {
                  registry.setAlias(ModelId.parse("a@champion"), null, 1);
                } catch (IOException e) {
                  throw new IllegalStateException(e);
                }
              });
      boolean waits = false;
      while (!waits) { // within the time limit of the test
        try (ResultSet waiting =
            sql.executeQuery(
                "SELECT 1 FROM pg_locks WHERE locktype = 'relation' AND NOT granted")) {
          waits = waiting.next();
        }
      }
      other.commit();

      assertThat(change)
          .failsWithin(Duration.ofSeconds(30))
          .withThrowableThat()
          .withCauseInstanceOf(RegistryConflict.class);
    }
    assertThat(registry.content().events()).hasSize(4);
  }

  @Test
  void aMissingEventIsFound() throws Exception {
    Path file = file("damaged");
    FolderRegistry registry = open(file);
    registry.add("a", model("damaged-model", 100));
    registry.setAlias(ModelId.parse("a@champion"), 1, null);
    server.execute("DELETE FROM damaged.registry_events WHERE number = 1");

    assertThatThrownBy(registry::content)
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("event 1");
  }

  @Test
  void modelsAreServedWhileTheDatabaseIsStopped() throws Exception {
    Path file = file("stopped");
    FolderRegistry registry = open(file);
    registry.add("small", RUN);
    registry.add("small", RUN);
    ModelId champion = ModelId.parse("small@champion");
    registry.setAlias(champion, 1, null);
    List<String> log = new ArrayList<>();
    try (RegistryModels models =
        new RegistryModels(
            registry,
            RegistryModels.Selection.of(Map.of(champion, BatchLimits.defaults())),
            Pipeline::open,
            new CompositeMeterRegistry(),
            log::add)) {
      ProductionModelService service = new ProductionModelService(models);
      PredictionRequest request = PredictionRequest.ofTexts("small@champion", "good");
      server.stop();
      try {
        models.refresh();
        assertThat(service.predict(request).version()).isEqualTo(1);
        assertThat(log).singleElement().asString().contains("not available");
        assertThat(registry(file, ExitCode.RUN_FAILED, "list")).contains("not available");
        assertThat(terminal.err()).doesNotContain(PostgresServer.PASSWORD);
      } finally {
        server.restart();
        server.awaitStart();
      }
      registry.setAlias(champion, 2, 1);
      models.refresh();

      assertThat(service.predict(request).version()).isEqualTo(2);
    }
  }

  /** Adds, removes and renames without an end. */
  static final class Changes {
    public static void main(String[] arguments) throws IOException {
      FolderRegistry registry = DatabaseFile.registry(Path.of(arguments[0]));
      for (int i = 0; ; i++) {
        Version version = registry.add("fraud", Path.of(arguments[1 + i % 2]));
        registry.setAlias(ModelId.parse("fraud@champion"), version.number(), null);
        for (Version earlier : List.copyOf(registry.content().versions().get("fraud").values())) {
          if (earlier.number() < version.number()) {
            registry.remove(earlier.id());
          }
        }
        System.out.println(version.number());
      }
    }
  }

  @Test
  @Timeout(value = 2, unit = TimeUnit.HOURS) // of many kills
  void aKilledProcessLeavesTheStateBeforeOrAfterItsChange() throws Exception {
    Path file = file("killed");
    Path one = model("one", 300_000);
    Path two = model("two", 400_000);
    FolderRegistry registry = open(file);
    registry.add("fraud", one);
    Random random = new Random(17);
    int events = 0;
    for (int i = 0; i < KILLS; i++) {
      Process child =
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "-XX:TieredStopAtLevel=1",
                  "-cp",
                  System.getProperty("java.class.path"),
                  Changes.class.getName(),
                  file.toString(),
                  one.toString(),
                  two.toString())
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      assertThat(child.inputReader().readLine()).matches("\\d+"); // It has begun.
      Thread.sleep(random.nextInt(200));
      child.destroyForcibly();
      assertThat(child.waitFor(30, TimeUnit.SECONDS)).isTrue();

      assertThat(registry.verify()).isEmpty();
      RegistryContent content = registry.content();
      assertThat(content.events().size()).isGreaterThan(events);
      events = content.events().size();
      content
          .aliases()
          .getOrDefault("fraud", new TreeMap<>())
          .values()
          .forEach(version -> assertThat(content.versions().get("fraud")).containsKey(version));
    }
  }
}
