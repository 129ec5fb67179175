package dev.counterpoint.runner.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import dev.counterpoint.core.data.FeatureView;
import dev.counterpoint.inference.Pipeline;
import dev.counterpoint.inference.internal.code.SourcePath;
import dev.counterpoint.runner.cli.model.DatabaseFile;
import dev.counterpoint.runner.cli.option.ExitCode;
import dev.counterpoint.serving.LoadedModels;
import dev.counterpoint.serving.feature.EntityKey;
import dev.counterpoint.serving.feature.FeatureRow;
import dev.counterpoint.serving.feature.FeatureStore;
import dev.counterpoint.serving.feature.FeatureStoreConfig;
import dev.counterpoint.serving.feature.FeatureWriter;
import dev.counterpoint.serving.feature.Features;
import dev.counterpoint.serving.feature.FeaturesUnavailable;
import dev.counterpoint.serving.http.HttpServer;
import dev.counterpoint.serving.http.HttpSettings;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Features in PostgreSQL and Redis. */
@Timeout(120)
@EnabledOnOs(value = OS.LINUX, architectures = "amd64")
final class FeatureServersTest {
  private static final int ENTITIES = 20;
  private static final int LOOKUPS = 200;

  /** The lookups of a paused server wait for the timeout of a second, not for its return. */
  private static final Duration BOUND = Duration.ofSeconds(10);

  private static final HttpClient CLIENT =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private static final Map<Kind, TestServer> SERVERS = new EnumMap<>(Kind.class);
  private static final Map<Kind, Exception> FAILURES = new EnumMap<>(Kind.class);

  @TempDir static Path folder;

  private final Terminal terminal = new Terminal();

  /** The kinds of servers. */
  enum Kind {
    POSTGRESQL,
    REDIS
  }

  @BeforeAll
  static void startServers() throws IOException {
    Files.writeString(folder.resolve("secret"), PostgresServer.PASSWORD);
    for (Kind kind : Kind.values()) {
      try {
        SERVERS.put(kind, kind == Kind.REDIS ? new RedisServer() : new PostgresServer());
        Files.writeString(folder.resolve(kind + ".yaml"), SERVERS.get(kind).storeFile());
      } catch (Exception e) {
        FAILURES.put(kind, e);
      }
    }
    Random random = new Random(7);
    StringBuilder events = new StringBuilder("id,at,a,b\n");
    StringBuilder labels = new StringBuilder("label,id,at\n");
    for (int i = 0; i < 2_500; i++) {
      events.append("k%d,%s,%d,t%d\n".formatted(random.nextInt(50), time(random), i, i % 7));
      labels.append("%d,k%d,%s\n".formatted(i, random.nextInt(60), time(random)));
    }
    Files.writeString(folder.resolve("events.csv"), events);
    Files.writeString(folder.resolve("labels.csv"), labels);
  }

  private static Instant time(Random random) {
    return Instant.parse("2026-01-01T00:00:00Z").plusSeconds(random.nextInt(100_000) * 60L);
  }

  @AfterAll
  static void stopServers() throws Exception {
    for (TestServer server : SERVERS.values()) {
      server.close();
    }
  }

  private static TestServer server(Kind kind) {
    if (FAILURES.containsKey(kind)) {
      abort("The server cannot be started: " + FAILURES.get(kind).getMessage());
    }
    return SERVERS.get(kind);
  }

  private static String path(Object name) {
    return folder.resolve(name.toString()).toString();
  }

  private static FeatureStore open(Kind kind) throws IOException {
    return DatabaseFile.read(
            folder.resolve(kind + ".yaml"), FeatureStoreConfig.class, SourcePath.none())
        .open(folder);
  }

  private int features(Terminal to, String store, String... arguments) {
    List<String> all = new ArrayList<>(List.of("features"));
    all.addAll(List.of(arguments));
    all.addAll(List.of("--view", "customer", "--store", path(store)));
    if (!arguments[0].equals("get")) {
      all.addAll(List.of("--entity", "id", "--time-column", "at"));
    }
    return to.run(all.toArray(String[]::new));
  }

  private static List<FeatureRow> rows(int value, Instant time) {
    return IntStream.range(0, ENTITIES)
        .mapToObj(i -> FeatureRow.ofJson(new EntityKey("e" + i), time, "{\"a\":" + value + "}"))
        .toList();
  }

  private static CompletableFuture<Features> lookUp(FeatureStore store, String view) {
    List<EntityKey> keys =
        IntStream.range(0, ENTITIES).mapToObj(i -> new EntityKey("e" + i)).toList();
    return store.getFeatures(keys, FeatureView.of(view, "id", List.of("a")));
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  void theStoreAnswersAsTheEmbeddedOne(Kind kind) throws IOException {
    server(kind);
    String yaml = kind + ".yaml";
    for (String store : List.of("embedded-" + kind, yaml, yaml)) { // twice changes nothing
      assertThat(features(terminal, store, "load", path("events.csv"))).as(terminal.err()).isZero();
    }

    for (int key = 0; key < 50; key += 17) {
      Terminal own = new Terminal();
      Terminal embedded = new Terminal();
      assertThat(features(own, yaml, "get", "k" + key)).as(own.err()).isZero();
      assertThat(features(embedded, "embedded-" + kind, "get", "k" + key)).isZero();
      assertThat(own.out()).isEqualTo(embedded.out());
    }
    int joined =
        features(terminal, yaml, "join", path("labels.csv"), "--output", path(kind + ".csv"));
    if (kind == Kind.REDIS) {
      assertThat(joined).isEqualTo(ExitCode.INVALID_REQUEST);
    } else {
      assertThat(joined).as(terminal.err()).isZero();
      assertThat(
              features(
                  terminal,
                  "embedded-" + kind,
                  "join",
                  path("labels.csv"),
                  "--output",
                  path("embedded.csv")))
          .isZero();
      assertThat(folder.resolve(kind + ".csv"))
          .hasSameTextualContentAs(folder.resolve("embedded.csv"));
    }
    assertThat(terminal.out() + terminal.err()).doesNotContain(PostgresServer.PASSWORD);
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  void anOlderEventDoesNotReplaceTheNewestFeatures(Kind kind) throws IOException {
    server(kind);
    Instant now = Instant.now();
    try (FeatureStore store = open(kind)) {
      FeatureWriter writer = (FeatureWriter) store;
      writer.write("older", rows(1, now.minusSeconds(10)));
      writer.write("older", rows(2, now.minusSeconds(20)));

      assertThat(lookUp(store, "older").join().rows().values())
          .hasSize(ENTITIES)
          .allSatisfy(row -> assertThat(row.json()).isEqualTo("{\"a\":1}"));

      writer.write("older", rows(3, now.minusSeconds(10)));

      assertThat(lookUp(store, "older").join().rows().values())
          .allSatisfy(row -> assertThat(row.json()).isEqualTo("{\"a\":3}"));
    }
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  void lookupsFailWhileTheServerIsPausedOrStoppedAndSucceedAfterwards(Kind kind) throws Exception {
    TestServer server = server(kind);
    try (FeatureStore store = open(kind)) {
      ((FeatureWriter) store).write("paused", rows(1, Instant.now()));
      assertThat(lookUp(store, "paused").join().rows()).hasSize(ENTITIES);

      server.signal("STOP");
      assertUnavailable(store);
      server.signal("CONT");
      awaitAnswer(store);

      server.stop();
      assertUnavailable(store);
      server.restart();
      awaitAnswer(store);
    } finally {
      server.signal("CONT"); // for the next test
    }
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  void requestsAreAnsweredInTimeWhileTheServerIsPausedOrStopped(Kind kind) throws Exception {
    TestServer server = server(kind);
    try (FeatureStore store = open(kind);
        LoadedModels models = new LoadedModels();
        HttpServer http =
            HttpServer.start(
                models,
                store,
                HttpSettings.of("127.0.0.1", 0, 0),
                new PrometheusMeterRegistry(PrometheusConfig.DEFAULT),
                line -> {})) {
      ((FeatureWriter) store).write("served", rows(1, Instant.now().minusSeconds(60)));
      models.add("small", Pipeline.open(trainedWithCachedFeatures(kind)));
      awaitFresh(http); // The first answers of a cold server may be late.

      server.signal("STOP");
      assertThat(states(http, "e1")).containsOnly("unreachable");
      assertThat(states(http, "not-cached")).containsOnly("status 503");
      server.signal("CONT");
      awaitFresh(http);

      server.stop();
      assertThat(states(http, "e1")).containsOnly("unreachable");
      assertThat(states(http, "not-cached")).containsOnly("status 503");
      server.restart();
      awaitFresh(http);
    } finally {
      server.signal("CONT"); // for the next test
    }
  }

  private Path trainedWithCachedFeatures(Kind kind) throws IOException {
    Files.writeString(
        folder.resolve("served.csv"),
        IntStream.range(0, 40)
            .mapToObj(i -> "e%d,%d,%d,%s".formatted(i, i % 7, i % 5, i > 20))
            .collect(Collectors.joining("\n", "id,a,items,target\n", "\n")));
    Files.writeString(
        folder.resolve("served.yaml"),
        """
        name: served
        device: cpu
        model: {type: mlp, width: 8, layers: 1}
        data:
          type: tabular
          train: {path: served.csv}
          target: target
          features: [{name: served, key: id, columns: [a], maxAge: 1h, unreachable: cached}]
        training: {epochs: 1, batchSize: 8}
        """);
    Path run = folder.resolve("run-" + kind);
    assertThat(terminal.run("train", path("served.yaml"), "--output", run.toString()))
        .as(terminal.err())
        .isZero();
    return run;
  }

  /** The states of the features in the answers to requests that are sent at the same time. */
  private static List<String> states(HttpServer server, String key) {
    HttpRequest request =
        HttpRequest.newBuilder(server.uri().resolve("/predict/small"))
            .header("content-type", "application/json")
            .POST(BodyPublishers.ofString("{\"id\": \"%s\", \"items\": 3}".formatted(key)))
            .build();
    Instant start = Instant.now();
    List<String> states =
        IntStream.range(0, LOOKUPS)
            .mapToObj(i -> CLIENT.sendAsync(request, BodyHandlers.ofString()))
            .toList()
            .stream()
            .map(it -> state(it.join()))
            .toList();
    assertThat(Duration.between(start, Instant.now())).isLessThan(BOUND);
    return states;
  }

  private static String state(HttpResponse<String> response) {
    Matcher state =
        Pattern.compile("\"state\":\"(.*?)\",\"ageSeconds\":(\\d+)").matcher(response.body());
    if (response.statusCode() != 200 || !state.find()) {
      return "status " + response.statusCode();
    }
    assertThat(Integer.parseInt(state.group(2))).isGreaterThanOrEqualTo(60);
    return state.group(1);
  }

  private static void awaitFresh(HttpServer server) throws InterruptedException {
    while (!Set.copyOf(states(server, "e1")).equals(Set.of("fresh"))) { // The test has a timeout.
      Thread.sleep(50);
    }
  }

  /** All lookups fail, and none waits until the server is back. */
  private static void assertUnavailable(FeatureStore store) {
    Instant start = Instant.now();
    List<CompletableFuture<Features>> answers = new ArrayList<>();
    for (int i = 0; i < LOOKUPS; i++) {
      answers.add(lookUp(store, "paused"));
    }
    for (CompletableFuture<Features> answer : answers) {
      try {
        answer.join();
        throw new AssertionError("The server cannot answer.");
      } catch (CompletionException e) {
        assertThat(e).hasCauseInstanceOf(FeaturesUnavailable.class);
      }
    }
    assertThat(Duration.between(start, Instant.now())).isLessThan(BOUND);
  }

  private static void awaitAnswer(FeatureStore store) throws InterruptedException {
    while (true) { // The test has a timeout.
      try {
        assertThat(lookUp(store, "paused").join().rows()).hasSize(ENTITIES);
        return;
      } catch (CompletionException e) {
        Thread.sleep(50);
      }
    }
  }

  @Test
  void processesCreateTheTablesOnce() throws Exception {
    server(Kind.POSTGRESQL);
    ((PostgresServer) SERVERS.get(Kind.POSTGRESQL)).execute("CREATE SCHEMA other");
    Files.writeString(
        folder.resolve("other.yaml"),
        Files.readString(folder.resolve(Kind.POSTGRESQL + ".yaml"))
            .replace("/postgres'", "/postgres?currentSchema=other', connections: 2"));
    List<CompletableFuture<FeatureStore>> opened = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      opened.add(
          CompletableFuture.supplyAsync(
              () -> {
                try {
                  return DatabaseFile.read(
                          folder.resolve("other.yaml"), FeatureStoreConfig.class, SourcePath.none())
                      .open(folder);
                } catch (IOException e) {
                  throw new IllegalStateException(e);
                }
              }));
    }
    for (CompletableFuture<FeatureStore> store : opened) {
      store.join().close();
    }
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  void aLiteralPasswordIsRefused(Kind kind) throws IOException {
    String literal = "literal-password";
    Files.writeString(
        folder.resolve("literal.yaml"),
        server(kind).storeFile().replace("${file:secret}", literal));

    assertThat(features(terminal, "literal.yaml", "get", "1")).isEqualTo(ExitCode.INVALID_REQUEST);

    assertThat(terminal.err()).contains("password").doesNotContain(literal);
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  void aWrongPasswordIsReportedWithoutIt(Kind kind) throws IOException {
    Files.writeString(folder.resolve("wrong"), "wr0ng-p4ss");
    Files.writeString(
        folder.resolve("wrong.yaml"), server(kind).storeFile().replace("secret}", "wrong}"));

    assertThat(features(terminal, "wrong.yaml", "get", "1")).isEqualTo(ExitCode.RUN_FAILED);

    assertThat(terminal.err())
        .contains(kind == Kind.REDIS ? "127.0.0.1" : "authentication failed")
        .doesNotContain("wr0ng-p4ss");
  }
}
