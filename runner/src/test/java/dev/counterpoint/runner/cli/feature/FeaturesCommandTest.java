package dev.counterpoint.runner.cli.feature;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.counterpoint.core.data.FeatureView;
import dev.counterpoint.inference.Pipeline;
import dev.counterpoint.runner.cli.Terminal;
import dev.counterpoint.runner.cli.option.ExitCode;
import dev.counterpoint.serving.BatchLimits;
import dev.counterpoint.serving.LoadedModels;
import dev.counterpoint.serving.ModelId;
import dev.counterpoint.serving.PredictionFailed;
import dev.counterpoint.serving.PredictionRequest;
import dev.counterpoint.serving.ProductionModelService;
import dev.counterpoint.serving.feature.EntityKey;
import dev.counterpoint.serving.feature.FeatureStore;
import dev.counterpoint.serving.feature.Features;
import dev.counterpoint.serving.feature.sql.EmbeddedStore;
import dev.counterpoint.serving.http.HttpServer;
import dev.counterpoint.serving.http.HttpSettings;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** From events and labels to a trained model whose requests have keys. */
@Timeout(120)
final class FeaturesCommandTest {
  private static final JsonMapper JSON = new JsonMapper();
  private static final List<String> COLUMNS =
      List.of("--view", "customer", "--entity", "customer_id", "--time-column");
  private static final PrometheusMeterRegistry METERS =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private static final LoadedModels MODELS = new LoadedModels(BatchLimits.defaults(), METERS);

  @TempDir static Path folder;
  private static FeatureStore store;
  private static HttpServer server;

  private final Terminal terminal = new Terminal();

  private static String path(String name) {
    return folder.resolve(name).toString();
  }

  private static int features(Terminal terminal, String action, String file, String... more) {
    List<String> arguments =
        new ArrayList<>(List.of("features", action, path(file), "--store", path("store")));
    arguments.addAll(COLUMNS);
    arguments.addAll(List.of(more));
    return terminal.run(arguments.toArray(String[]::new));
  }

  @BeforeAll
  static void trainAndServe() throws Exception {
    Instant now = Instant.now();
    Files.writeString(
        folder.resolve("events.csv"),
        IntStream.range(0, 40)
                .mapToObj(i -> "%d,2026-01-01T00:00:00Z,%d.5,%s".formatted(i, i, i % 3))
                .collect(Collectors.joining("\n", "customer_id,at,income,region\n", "\n"))
            + "7,%s,100.5,2\n8,%s,,1\n".formatted(now.minusSeconds(60), now.minusSeconds(60)));
    Files.writeString(
        folder.resolve("labels.csv"),
        IntStream.range(0, 40)
            .mapToObj(i -> "%d,2026-02-01,%s,%s".formatted(i, i % 5, i > 20))
            .collect(Collectors.joining("\n", "customer_id,when,items,churn\n", "\n")));
    Terminal terminal = new Terminal();
    assertThat(features(terminal, "load", "events.csv", "at")).as(terminal.err()).isZero();
    assertThat(features(terminal, "join", "labels.csv", "when", "--output", path("train.csv")))
        .as(terminal.err())
        .isZero();
    Files.writeString(
        folder.resolve("churn.yaml"),
        """
        name: churn
        device: cpu
        model: {type: mlp, width: 8, layers: 1}
        data:
          type: tabular
          train: {path: train.csv}
          target: churn
          columns: {when: ignore, region: categorical}
          features:
            - {name: customer, key: customer_id, columns: [income, region], maxAge: 1d, allowStaleUpTo: 20000d}
        training: {epochs: 1, batchSize: 8}
        """);
    assertThat(terminal.run("train", path("churn.yaml"), "--output", path("run")))
        .as(terminal.err())
        .isZero();
    store = new EmbeddedStore(path("store"), 5_000).open(folder);
    MODELS.add("churn", Pipeline.open(folder.resolve("run")));
    server =
        HttpServer.start(MODELS, store, HttpSettings.of("127.0.0.1", 0, 0), METERS, line -> {});
  }

  @AfterAll
  static void stop() {
    server.close();
    MODELS.close();
    store.close();
  }

  private static JsonNode post(String path, String body, int status) throws Exception {
    HttpResponse<String> response =
        HttpClient.newHttpClient()
            .send(
                HttpRequest.newBuilder(server.uri().resolve(path))
                    .header("content-type", "application/json")
                    .POST(HttpRequest.BodyPublishers.ofString(body))
                    .build(),
                BodyHandlers.ofString());
    assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
    return JSON.readTree(response.body());
  }

  @Test
  void joinAddsWhatWasKnownAtTheTimeOfTheLabel() throws IOException {
    assertThat(Files.readAllLines(folder.resolve("train.csv")))
        .startsWith("customer_id,when,items,churn,income,region", "0,2026-02-01,0,false,0.5,0")
        .contains("7,2026-02-01,2,false,7.5,1")
        .hasSize(41);
  }

  @Test
  void signatureHasTheViewAndTheKeyIsNoInput() throws IOException {
    JsonNode signature = JSON.readTree(folder.resolve("run/model/signature.json").toFile());

    assertThat(signature.path("features"))
        .hasToString(
            "[{\"name\":\"customer\",\"key\":\"customer_id\",\"columns\":[\"income\",\"region\"],"
                + "\"maxAge\":\"PT24H\",\"allowStaleUpTo\":\"PT480000H\",\"missing\":\"fail\","
                + "\"stale\":\"fail\",\"unreachable\":\"fail\",\"defaultValues\":{}}]");
    assertThat(signature.path("inputs"))
        .extracting(it -> it.path("name").textValue())
        .containsExactlyInAnyOrder("items", "income", "region");
  }

  @Test
  void aKeyGivesThePredictionOfItsFeatures() throws Exception {
    JsonNode byKey = post("/predict/churn", "{\"customer_id\": 7, \"items\": 3}", 200);
    JsonNode byValues =
        post("/predict/churn", "{\"items\": 3, \"income\": 100.5, \"region\": 2}", 200);

    assertThat(byKey.path("row").path("income").doubleValue()).isEqualTo(100.5);
    assertThat(byKey.path("probability")).isEqualTo(byValues.path("probability"));
    JsonNode report = byKey.path("features").path("customer");
    assertThat(report.path("state").textValue()).isEqualTo("fresh");
    assertThat(report.path("ageSeconds").doubleValue()).isBetween(59.0, 200.0);
    assertThat(byValues.has("features")).isFalse();
  }

  @Test
  void staleAndMissingFeaturesAreReportedAndCounted() throws Exception {
    JsonNode answers =
        post(
            "/predict/churn",
            "[{\"customer_id\": 1, \"items\": 3}, {\"customer_id\": \"2\", \"items\": 3}]",
            200);
    assertThat(answers)
        .extracting(it -> it.path("features").path("customer").path("state").textValue())
        .containsExactly("stale", "stale");

    String unknown =
        post("/predict/churn", "{\"customer_id\": 99, \"items\": 3}", 400).path("error").asText();
    assertThat(unknown).contains("inputs[0]", "customer_id 99");
    post("/predict/churn", "{\"customer_id\": 8, \"items\": 3}", 400);
    post("/predict/churn", "{\"items\": 3}", 400);
    assertThat(
            METERS
                .get("counterpoint.features")
                .tags("model", "churn", "view", "customer", "state", "missing")
                .counter()
                .count())
        .isEqualTo(1);
    assertThat(METERS.scrape()).contains("counterpoint_feature_age_seconds");
  }

  @Test
  void aServerWithoutStoreAnswersCompleteRequestsOnly() throws Exception {
    HttpServer other = HttpServer.start(MODELS, HttpSettings.of("127.0.0.1", 0, 0), METERS);
    try (other) {
      String path = other.uri() + "/predict/churn";
      post(path, "{\"items\": 3, \"income\": 100.5, \"region\": 2}", 200);
      post(path, "{\"items\": 3, \"customer_id\": 7}", 503);
    }
    assertThat(
            METERS
                .get("counterpoint.features")
                .tags("model", "churn", "view", "customer", "state", "unreachable")
                .counter()
                .count())
        .isEqualTo(1);
  }

  @Test
  void theKeyIsATensorOfTheOpenInferenceProtocol() throws Exception {
    String body =
        """
        {"inputs": [{"name": "items", "shape": [2], "datatype": "INT64", "data": [3, 4]},
                    {"name": "customer_id", "shape": [2], "datatype": "%s", "data": %s}]}
        """;
    for (String tensor :
        List.of(body.formatted("INT64", "[7, 1]"), body.formatted("BYTES", "[\"7\", \"1\"]"))) {
      JsonNode outputs = post("/v2/models/churn/infer", tensor, 200).path("outputs");
      JsonNode last = outputs.get(outputs.size() - 1);
      assertThat(last.path("name").textValue()).isEqualTo("features");
      assertThat(JSON.readTree(last.path("data").get(1).textValue()).path("customer").path("state"))
          .hasToString("\"stale\"");
    }
    HttpResponse<String> metadata =
        HttpClient.newHttpClient()
            .send(
                HttpRequest.newBuilder(server.uri().resolve("/v2/models/churn")).build(),
                BodyHandlers.ofString());
    assertThat(JSON.readTree(metadata.body()).path("inputs"))
        .extracting(it -> it.path("name").textValue())
        .contains("customer_id");
  }

  @Test
  void theDeadlineOfARequestIncludesTheLookup() {
    FeatureStore silent =
        new FeatureStore() {
          @Override
          public CompletableFuture<Features> getFeatures(List<EntityKey> keys, FeatureView view) {
            return new CompletableFuture<>();
          }

          @Override
          public void close() {}
        };
    JsonNode input = JsonNodeFactory.instance.objectNode().put("customer_id", 7).put("items", 1);
    PredictionRequest request =
        new PredictionRequest(
            null, ModelId.parse("churn"), List.of(input), Instant.now().plusMillis(50));

    assertThatThrownBy(() -> new ProductionModelService(MODELS, silent).predict(request))
        .isInstanceOfSatisfying(
            PredictionFailed.class,
            it -> assertThat(it.reason()).isEqualTo(PredictionFailed.Reason.DEADLINE));
  }

  @Test
  void getPrintsTheNewestFeatures() throws IOException {
    assertThat(terminal.run("features", "get", "7", "--view", "customer", "--store", path("store")))
        .as(terminal.err())
        .isZero();

    assertThat(JSON.readTree(terminal.out()).path("values"))
        .hasToString("{\"income\":100.5,\"region\":2}");
    assertThat(
            terminal.run("features", "get", "777", "--view", "customer", "--store", path("store")))
        .isEqualTo(ExitCode.INVALID_REQUEST);
    assertThat(terminal.run("features", "get", "7", "--view", "customer", "--store", path("no")))
        .isEqualTo(ExitCode.INVALID_REQUEST);
    assertThat(folder.resolve("no")).doesNotExist();
  }

  @Test
  void aColumnOfFeaturesMustExist() throws IOException {
    Files.writeString(
        folder.resolve("other.yaml"),
        Files.readString(folder.resolve("churn.yaml")).replace("[income,", "[incme,"));

    assertThat(terminal.run("train", path("other.yaml"), "--output", path("other")))
        .isEqualTo(ExitCode.INVALID_REQUEST);

    assertThat(terminal.err()).contains("incme", "income");
  }
}
