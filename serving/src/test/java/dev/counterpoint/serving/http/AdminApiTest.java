package dev.counterpoint.serving.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.counterpoint.inference.Pipeline;
import dev.counterpoint.serving.BatchLimits;
import dev.counterpoint.serving.LoadedModels;
import dev.counterpoint.serving.ModelId;
import dev.counterpoint.serving.registry.FolderRegistry;
import dev.counterpoint.serving.registry.RegistryModels;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Index, load, unload and aliases of a registry with two versions, of which one is served. */
@Timeout(120)
final class AdminApiTest {
  private static final Path SENTIMENT = Path.of("../runner/src/test/resources/fixtures/finished");

  @TempDir private Path folder;
  private final PrometheusMeterRegistry meters =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final HttpClient client = HttpClient.newHttpClient();
  private FolderRegistry registry;
  private RegistryModels models;
  private HttpServer server;

  @BeforeEach
  void start() throws IOException {
    registry = new FolderRegistry(folder.resolve("registry"), "test");
    registry.add("sentiment", SENTIMENT);
    registry.add("sentiment", SENTIMENT);
    registry.setAlias(new ModelId("sentiment", null, "champion"), 1, null);
    models =
        new RegistryModels(
            registry,
            RegistryModels.Selection.of(Map.of(ModelId.parse("sentiment"), BatchLimits.defaults())),
            Pipeline::open,
            meters,
            line -> {});
    server = HttpServer.start(models, HttpSettings.of("127.0.0.1", 0, 0), meters);
  }

  @AfterEach
  void stop() {
    server.close();
    models.close();
  }

  @Test
  void indexHasAllVersionsWithTheirStatesAndAliases() throws Exception {
    assertThat(json(post("/v2/repository/index", "{}", 200)))
        .hasToString(
            "[{\"name\":\"sentiment\",\"version\":\"1\",\"state\":\"READY\",\"reason\":\"\",\"aliases\":[\"champion\"]},"
                + "{\"name\":\"sentiment\",\"version\":\"2\",\"state\":\"UNAVAILABLE\",\"reason\":\"\",\"aliases\":[]}]");
  }

  @Test
  void loadedVersionIsServedUntilItIsUnloaded() throws Exception {
    assertThat(predictionStatus("sentiment/2")).isEqualTo(404);
    post("/v2/repository/models/sentiment%2F2/load", "", 200);
    assertThat(predictionStatus("sentiment/2")).isEqualTo(200);

    post("/v2/repository/models/sentiment%2F2/unload", "", 200);

    assertThat(predictionStatus("sentiment/2")).isEqualTo(404);
    assertThat(predictionStatus("sentiment")).isEqualTo(200);
  }

  @Test
  void movedAliasIsServedAtOnce() throws Exception {
    assertThat(post("/aliases/sentiment@champion", "{\"version\": 2, \"expected\": 1}", 200))
        .isEqualTo("{\"version\":2}");

    assertThat(models.models()).containsExactly(ModelId.parse("sentiment/2"));
    assertThat(registry.content().alias("sentiment", "champion")).hasValue(2);
    assertThat(post("/aliases/sentiment@champion", "{\"version\": 1, \"expected\": 1}", 409))
        .contains("version 2");
    assertThat(models.models()).containsExactly(ModelId.parse("sentiment/2"));
  }

  @Test
  void movedAliasWhoseVersionCannotBeOpenedIsAnError() throws Exception {
    Path file = registry.folder(registry.content().find(ModelId.parse("sentiment/2")));
    Files.writeString(file.resolve("model/config.json"), "{}");

    assertThat(post("/aliases/sentiment@champion", "{\"version\": 2}", 500))
        .contains("version 1", "was changed");
    assertThat(registry.content().alias("sentiment", "champion")).hasValue(2);
  }

  @Test
  void aliasThatIsNotServedIsMoved() throws Exception {
    assertThat(post("/aliases/sentiment@challenger", "{\"version\": 2}", 200))
        .isEqualTo("{\"version\":null}");
  }

  @Test
  void versionThatCannotBeOpenedIsNotLoadedAndTheOthersAreServed() throws Exception {
    Path file = registry.folder(registry.content().find(ModelId.parse("sentiment/2")));
    Files.writeString(file.resolve("model/config.json"), "{}");

    assertThat(post("/v2/repository/models/sentiment%2F2/load", "", 400)).contains("sentiment/2");
    assertThat(predictionStatus("sentiment/2")).isEqualTo(404);
    assertThat(predictionStatus("sentiment")).isEqualTo(200);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "/v2/repository/models/other/load | | 404 | other",
        "/v2/repository/models/sentiment@challenger/unload | | 404 | challenger",
        "/aliases/sentiment | {\"version\": 1} | 400 | sentiment",
        "/aliases/sentiment@champion | {} | 400 | version",
        "/aliases/sentiment@champion | {\"version\": \"1\"} | 400 | version",
        "/aliases/sentiment@champion | {\"version\": 1, \"expected\": -1} | 400 | expected",
        "/aliases/sentiment@champion | nothing | 400 | JSON",
        "/aliases/sentiment@champion | {\"version\": 9} | 404 | sentiment/9",
        "/aliases/sentiment@challenger | {\"version\": null} | 404 | challenger",
        "/aliases/other@champion | {\"version\": 1} | 404 | other",
      })
  void invalidChangesAreNamed(String path, String body, int status, String message)
      throws Exception {
    assertThat(post(path, body == null ? "" : body, status)).contains(message);
    assertThat(predictionStatus("sentiment")).isEqualTo(200);
  }

  @Test
  void aServerWithoutRegistryHasAnIndexAndRefusesChanges() throws Exception {
    try (LoadedModels one = new LoadedModels();
        HttpServer other = HttpServer.start(one, HttpSettings.of("127.0.0.1", 0, 0), meters)) {
      one.add("sentiment", Pipeline.open(SENTIMENT));
      URI uri = other.adminUri();

      assertThat(json(send(uri.resolve("/v2/repository/index"), "{}").body())).hasSize(1);
      assertThat(send(uri.resolve("/v2/repository/models/sentiment/unload"), "").statusCode())
          .isEqualTo(400);
    }
  }

  @Test
  void theStatusPageIsServedWithItsScriptAndPredicts() throws Exception {
    HttpResponse<String> page = get("/");
    assertThat(page.statusCode()).isEqualTo(200);
    assertThat(page.headers().firstValue("content-security-policy"))
        .hasValueSatisfying(it -> assertThat(it).contains("script-src 'self'"));
    assertThat(page.body()).contains("status.js");
    assertThat(get("/status.js").headers().firstValue("content-type"))
        .hasValueSatisfying(it -> assertThat(it).contains("javascript"));
    assertThat(post("/predict/sentiment", "{\"text\": \"a fine film\"}", 200)).contains("label");
  }

  private HttpResponse<String> get(String path) throws Exception {
    return client.send(
        HttpRequest.newBuilder(server.adminUri().resolve(path)).build(), BodyHandlers.ofString());
  }

  private int predictionStatus(String model) throws Exception {
    return send(server.uri().resolve("/predict/" + model), "{\"text\": \"a fine film\"}")
        .statusCode();
  }

  private String post(String path, String body, int status) throws Exception {
    HttpResponse<String> response = send(server.adminUri().resolve(path), body);
    assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
    return response.body();
  }

  private HttpResponse<String> send(URI uri, String body) throws Exception {
    return client.send(
        HttpRequest.newBuilder(uri)
            .header("content-type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build(),
        BodyHandlers.ofString());
  }

  private static JsonNode json(String text) throws IOException {
    return new JsonMapper().readTree(text);
  }
}
