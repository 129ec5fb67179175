package dev.counterpoint.serving.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.inference.Pipeline;
import dev.counterpoint.serving.BatchLimits;
import dev.counterpoint.serving.LoadedModels;
import dev.counterpoint.serving.ModelId;
import dev.counterpoint.serving.ModelLease;
import dev.counterpoint.serving.ModelRegistry;
import dev.counterpoint.serving.PredictionFailed;
import dev.counterpoint.serving.feature.FeatureStore;
import dev.counterpoint.tasks.textclassification.Prediction;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The server as its clients see it, over HTTP on a loopback address. {@code
 * -Dcounterpoint.requests=N} sets the number of concurrent requests per version of HTTP.
 */
@Timeout(1_200) // for 100,000 requests
final class HttpServerTest {
  private static final int REQUESTS = Integer.getInteger("counterpoint.requests", 500);
  private static final int IN_FLIGHT = 64;
  private static final Path SENTIMENT = Path.of("../runner/src/test/resources/fixtures/finished");
  private static final HttpSettings SETTINGS =
      new HttpSettings("127.0.0.1", 0, 0, 10_000, 64, 64, 20_000, 0, null, Map.of());

  private static final LoadedModels MODELS = new LoadedModels();
  private static HttpServer server;

  private final PrometheusMeterRegistry meters =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final HttpClient client = HttpClient.newHttpClient();

  @BeforeAll
  static void start() throws IOException {
    MODELS.add("sentiment", Pipeline.open(SENTIMENT));
    server =
        HttpServer.start(MODELS, SETTINGS, new PrometheusMeterRegistry(PrometheusConfig.DEFAULT));
  }

  @AfterAll
  static void stop() {
    server.close();
    MODELS.close();
  }

  @Test
  void objectBecomesObject() throws Exception {
    HttpResponse<String> response = predict("{\"text\": \"a fine film\", \"id\": 7}");

    assertThat(response.statusCode()).isEqualTo(200);
    JsonNode body = json(response);
    assertThat(body.path("label").textValue()).isEqualTo("good");
    assertThat(body.path("id").intValue()).isEqualTo(7);
    assertThat(body.path("probabilities").size()).isEqualTo(2);
  }

  @Test
  void listBecomesListInItsOrder() throws Exception {
    JsonNode body = json(predict("[{\"text\": \"a\"}, {\"text\": \"b\"}, {\"text\": \"c\"}]"));

    assertThat(body).extracting(it -> it.path("text").textValue()).containsExactly("a", "b", "c");
  }

  @ParameterizedTest
  @EnumSource(HttpClient.Version.class)
  void bothVersionsOfHttpAreAnswered(HttpClient.Version version) throws Exception {
    HttpClient own = HttpClient.newBuilder().version(version).build();
    HttpResponse<String> response =
        own.send(post("/predict/sentiment", "{\"text\": \"a\"}").build(), BodyHandlers.ofString());

    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(response.version()).isEqualTo(version);
  }

  @ParameterizedTest
  @EnumSource(HttpClient.Version.class)
  void eachAnswerBelongsToItsRequestAndEqualsTheSingleOne(HttpClient.Version version)
      throws Exception {
    HttpClient own = HttpClient.newBuilder().version(version).build();
    Semaphore permits = new Semaphore(IN_FLIGHT);
    List<CompletableFuture<HttpResponse<String>>> responses = new ArrayList<>();
    for (int i = 0; i < REQUESTS; i++) {
      permits.acquire();
      HttpRequest request =
          post("/predict/sentiment", "{\"text\": \"%s\"}".formatted(text(i))).build();
      responses.add(
          own.sendAsync(request, BodyHandlers.ofString())
              .whenComplete((response, failure) -> permits.release()));
    }

    try (Pipeline alone = Pipeline.open(SENTIMENT)) {
      for (int i = 0; i < REQUESTS; i++) {
        JsonNode answer = json(responses.get(i).join());
        Prediction expected = alone.classify(text(i));
        assertThat(answer.path("text").textValue()).isEqualTo(text(i));
        assertThat(answer.path("label").textValue()).isEqualTo(expected.label());
        assertThat(answer.path("probability").doubleValue())
            .isCloseTo(expected.probability(), within(1e-6));
      }
    }
  }

  /** Texts of one to twelve words, which are all different. */
  private static String text(int index) {
    return index
        + " a fine film that is never good".repeat(index % 3)
        + " bad".repeat(index % 5)
        + " again".repeat(index % 7);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'' | empty",
        "' ' | empty",
        "[] | no inputs",
        "{\"text\": 3} | a number at \"text\"",
        "{\"txt\": \"a\"} | has no \"text\"",
        "[{\"text\": \"a\"}, 1] | inputs[1]",
        "{\"text\": \"a\" | not JSON",
        "{\"text\": \"a\", \"text\": \"b\"} | Duplicate",
        "{\"text\": \"\\ud800\"} | unpaired surrogate"
      })
  void invalidBodyIsABadRequestThatNamesTheProblem(String body, String problem) throws Exception {
    HttpResponse<String> response = predict(body);

    assertThat(response.statusCode()).isEqualTo(400);
    assertThat(json(response).path("error").textValue()).contains(problem);
  }

  @Test
  void deeplyNestedBodyIsRefused() throws Exception {
    assertThat(predict("[".repeat(1_000)).statusCode()).isEqualTo(400);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"/predict/sentimnet", "/predict/sentiment/2", "/predict/sentiment@x", "/none"})
  void unknownPathOrModelIsNotFound(String path) throws Exception {
    HttpResponse<String> response = send(post(path, "{\"text\": \"a\"}"));

    assertThat(response.statusCode()).isEqualTo(404);
    assertThat(json(response).path("error").isTextual()).isTrue();
  }

  @Test
  void versionInThePathIsUsed() throws Exception {
    assertThat(send(post("/predict/sentiment/1", "{\"text\": \"a\"}")).statusCode()).isEqualTo(200);
  }

  @Test
  void otherMethodsAreNotAllowed() throws Exception {
    HttpResponse<String> response = get("/predict/sentiment");

    assertThat(response.statusCode()).isEqualTo(405);
    assertThat(json(response).path("error").isTextual()).isTrue();
  }

  @Test
  void bodyAboveTheLimitIsRefused() throws Exception {
    HttpResponse<String> response = predict("{\"text\": \"" + "a".repeat(20_000) + "\"}");

    assertThat(response.statusCode()).isEqualTo(413);
    assertThat(json(response).path("error").textValue()).contains("10000");
  }

  @Test
  void compressedBodyIsReadUpToTheLimit() throws Exception {
    assertThat(compressed("{\"text\": \"a fine film\"}").statusCode()).isEqualTo(200);
    assertThat(compressed("{\"text\": \"" + "a".repeat(5_000_000) + "\"}").statusCode())
        .isEqualTo(413);
  }

  @Test
  void bodyThatIsNotCompressedAsDeclaredIsABadRequest() throws Exception {
    HttpResponse<String> response =
        send(post("/predict/sentiment", "{}").header("content-encoding", "gzip"));

    assertThat(response.statusCode()).isEqualTo(400);
  }

  private HttpResponse<String> compressed(String body) throws Exception {
    return encoded("gzip", compress("gzip", body));
  }

  private HttpResponse<String> encoded(String encoding, byte[] body) throws Exception {
    return send(
        post("/predict/sentiment", "")
            .header("content-encoding", encoding)
            .POST(HttpRequest.BodyPublishers.ofByteArray(body)));
  }

  private static byte[] compress(String encoding, String body) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (OutputStream out =
        encoding.equals("gzip") ? new GZIPOutputStream(bytes) : new DeflaterOutputStream(bytes)) {
      out.write(body.getBytes(StandardCharsets.UTF_8));
    }
    return bytes.toByteArray();
  }

  @ParameterizedTest
  @ValueSource(strings = {"gzip", "deflate"})
  void compressedBodyNeedsItsChecksumAndNothingAfterIt(String encoding) throws Exception {
    byte[] body = compress(encoding, "{\"text\": \"a fine film\"}");
    byte[] otherChecksum = body.clone();
    otherChecksum[body.length - (encoding.equals("gzip") ? 8 : 4)]++;

    assertThat(encoded(encoding, body).statusCode()).isEqualTo(200);
    for (byte[] other :
        List.of(
            otherChecksum,
            new byte[0],
            Arrays.copyOf(body, body.length - 1),
            Arrays.copyOf(body, body.length + 1),
            Arrays.copyOf(body, body.length + 100))) {
      HttpResponse<String> response = encoded(encoding, other);
      assertThat(response.statusCode()).isEqualTo(400);
      assertThat(json(response).path("error").textValue()).contains(encoding);
    }
  }

  @Test
  void otherTypesAndEncodingsAreUnsupported() throws Exception {
    HttpResponse<String> type =
        send(post("/predict/sentiment", "a=1").setHeader("content-type", "text/plain"));
    HttpResponse<String> encoding =
        send(post("/predict/sentiment", "{}").header("content-encoding", "br"));

    assertThat(type.statusCode()).isEqualTo(415);
    assertThat(json(type).path("error").textValue()).contains("text/plain");
    assertThat(encoding.statusCode()).isEqualTo(415);
  }

  @ParameterizedTest
  @CsvSource({
    "INVALID_INPUT, 400",
    "UNKNOWN_MODEL, 404",
    "QUEUE_FULL, 429",
    "FAILED, 500",
    "SHUTTING_DOWN, 503",
    "DEADLINE, 504"
  })
  void reasonOfAFailureIsTheStatus(PredictionFailed.Reason reason, int status) throws Exception {
    ModelRegistry failing =
        registry(
            () -> {
              throw new PredictionFailed(reason, "too \"bad\"");
            });
    try (HttpServer other = HttpServer.start(failing, SETTINGS, meters)) {
      HttpResponse<String> response = send(post(other, "/predict/sentiment", "{\"text\": \"a\"}"));

      assertThat(response.statusCode()).isEqualTo(status);
      assertThat(json(response).path("error").textValue()).isEqualTo("too \"bad\"");
      assertThat(response.headers().firstValue("retry-after").isPresent())
          .isEqualTo(status == 429 || status == 503);
    }
  }

  @Test
  void moreRequestsAtATimeThanAllowedAreTooMany() throws Exception {
    CountDownLatch entered = new CountDownLatch(1);
    CountDownLatch released = new CountDownLatch(1);
    ModelRegistry blocking =
        registry(
            () -> {
              entered.countDown();
              await(released);
              return MODELS.getModel(ModelId.parse("sentiment"));
            });
    HttpSettings one =
        new HttpSettings("127.0.0.1", 0, 0, 10_000, 64, 1, 20_000, 0, null, Map.of());
    try (HttpServer other = HttpServer.start(blocking, one, meters)) {
      HttpRequest request = post(other, "/predict/sentiment", "{\"text\": \"a\"}").build();
      CompletableFuture<HttpResponse<String>> first =
          client.sendAsync(request, BodyHandlers.ofString());
      entered.await();

      assertThat(client.send(request, BodyHandlers.ofString()).statusCode()).isEqualTo(429);
      released.countDown();
      assertThat(first.join().statusCode()).isEqualTo(200);
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void anAccessLogThatCannotBeWrittenDelaysNoRequest() throws Exception {
    CountDownLatch released = new CountDownLatch(1);
    Consumer<String> blocked = line -> await(released);
    try (HttpServer other =
        HttpServer.start(MODELS, FeatureStore.none(), SETTINGS, meters, blocked)) {
      for (int i = 0; i < 3; i++) {
        assertThat(send(post(other, "/predict/sentiment", "{\"text\": \"a\"}")).statusCode())
            .isEqualTo(200);
      }
    } finally {
      released.countDown();
    }
  }

  @Test
  void slowBodiesDelayNoOtherRequest() throws Exception {
    HttpSettings one =
        new HttpSettings("127.0.0.1", 0, 0, 10_000, 64, 1, 20_000, 0, null, Map.of());
    String head =
        "POST /predict/sentiment HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
            + "content-length: 13\r\nconnection: close\r\n\r\n{";
    try (HttpServer other = HttpServer.start(MODELS, one, meters);
        Socket slow = new Socket("127.0.0.1", other.uri().getPort())) {
      slow.getOutputStream().write(head.getBytes(StandardCharsets.US_ASCII));
      HttpRequest request = post(other, "/predict/sentiment", "{\"text\": \"a\"}").build();

      for (int i = 0; i < 3; i++) {
        assertThat(client.send(request, BodyHandlers.ofString()).statusCode()).isEqualTo(200);
      }
      slow.getOutputStream().write("\"text\": \"a\"}".getBytes(StandardCharsets.US_ASCII));
      assertThat(new String(slow.getInputStream().readAllBytes(), StandardCharsets.US_ASCII))
          .startsWith("HTTP/1.1 200");
    }
  }

  private static ModelRegistry registry(Supplier<ModelLease> models) {
    return new ModelRegistry() {
      @Override
      public ModelLease getModel(ModelId id) {
        return models.get();
      }

      @Override
      public Collection<ModelId> models() {
        return List.of();
      }
    };
  }

  @Test
  void requestAboveTheSizeOfTheQueueIsABadRequest() throws Exception {
    try (LoadedModels small = new LoadedModels(new BatchLimits(1, 100, 2, 1), meters);
        HttpServer other = HttpServer.start(small, SETTINGS, meters)) {
      small.add("sentiment", Pipeline.open(SENTIMENT));
      String body = "[{\"text\":\"\"},{\"text\":\"\"},{\"text\":\"\"}]";
      HttpResponse<String> response = send(post(other, "/predict/sentiment", body));

      assertThat(response.statusCode()).isEqualTo(400);
      assertThat(json(response).path("error").textValue()).contains("3 inputs").contains("2");
    }
  }

  @Test
  void acceptedRequestsAreAnsweredWhileTheServerCloses() throws Exception {
    String body = "[" + "{\"text\":\"a fine film\"},".repeat(200) + "{\"text\":\"b\"}]";
    List<CompletableFuture<HttpResponse<String>>> responses;
    try (HttpServer other = HttpServer.start(MODELS, SETTINGS, meters)) {
      responses = sendAsync(other, 4, body);
      CompletableFuture.anyOf(responses.toArray(CompletableFuture[]::new)).join();
    }

    assertThat(responses(responses))
        .extracting(HttpResponse::statusCode)
        .allSatisfy(it -> assertThat(it).isIn(200, 503))
        .contains(200);
  }

  private List<CompletableFuture<HttpResponse<String>>> sendAsync(
      HttpServer to, int count, String body) {
    HttpRequest request = post(to, "/predict/sentiment", body).build();
    return IntStream.range(0, count)
        .mapToObj(i -> client.sendAsync(request, BodyHandlers.ofString()))
        .toList();
  }

  private static List<HttpResponse<String>> responses(
      List<CompletableFuture<HttpResponse<String>>> responses) {
    return responses.stream().map(CompletableFuture::join).toList();
  }

  @Test
  void drainedServerIsNotReadyAndRefusesRequests() throws Exception {
    try (HttpServer other = HttpServer.start(MODELS, SETTINGS, meters)) {
      assertThat(status(other.uri().resolve("/v2/health/ready"))).isEqualTo(200);
      other.drain();

      assertThat(status(other.uri().resolve("/v2/health/ready"))).isEqualTo(503);
      assertThat(status(other.uri().resolve("/v2/models/sentiment/ready"))).isEqualTo(503);
      assertThat(status(other.uri().resolve("/v2/health/live"))).isEqualTo(200);
      assertThat(send(post(other, "/predict/sentiment", "{\"text\": \"a\"}")).statusCode())
          .isEqualTo(503);
    }
  }

  @Test
  void aServerThatWaitsForItsLoadBalancerIsNotReadyAndAnswers() throws Exception {
    HttpSettings waiting =
        new HttpSettings("127.0.0.1", 0, 0, 10_000, 64, 64, 20_000, 100, null, Map.of());
    try (HttpServer other = HttpServer.start(MODELS, waiting, meters)) {
      other.drain();

      assertThat(status(other.uri().resolve("/v2/health/ready"))).isEqualTo(503);
      assertThat(send(post(other, "/predict/sentiment", "{\"text\": \"a\"}")).statusCode())
          .isEqualTo(200);
    }
  }

  @Test
  void serverWithoutModelsIsLiveButNotReady() throws Exception {
    try (LoadedModels none = new LoadedModels();
        HttpServer empty = HttpServer.start(none, SETTINGS, meters)) {
      assertThat(status(empty.uri().resolve("/v2/health/live"))).isEqualTo(200);
      assertThat(status(empty.uri().resolve("/v2/health/ready"))).isEqualTo(503);
    }
  }

  @Test
  void metricsCountRequestsAndBatches() throws Exception {
    try (LoadedModels counted = new LoadedModels(BatchLimits.defaults(), meters);
        HttpServer other = HttpServer.start(counted, SETTINGS, meters)) {
      counted.add("sentiment", Pipeline.open(SENTIMENT));
      send(post(other, "/predict/sentiment", "{\"text\": \"a\"}"));
      send(post(other, "/predict/sentiment", "{}"));
      URI uri = other.adminUri().resolve("/metrics");

      String last = "counterpoint_http_requests_seconds_count{code=\"400\"} 1";
      String metrics = send(HttpRequest.newBuilder(uri)).body();
      while (!metrics.contains(last)) { // A response is counted after it was sent.
        metrics = send(HttpRequest.newBuilder(uri)).body();
      }
      assertThat(metrics)
          .contains("counterpoint_http_requests_seconds_count{code=\"200\"} 1")
          .contains("counterpoint_batch_size_sum{model=\"sentiment\"} 1.0")
          .contains("counterpoint_queue_time_seconds_count{model=\"sentiment\"} 1")
          .contains("counterpoint_compute_time_seconds_count{model=\"sentiment\"} 1");
      assertThat(status(other.adminUri().resolve("/healthz"))).isEqualTo(200);
    }
  }

  @Test
  void portInUseIsNamed() {
    int port = server.uri().getPort();
    assertThatThrownBy(
            () -> HttpServer.start(MODELS, HttpSettings.of("127.0.0.1", port, 0), meters))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining(String.valueOf(port));
    assertThatThrownBy(
            () -> HttpServer.start(MODELS, HttpSettings.of("127.0.0.1", 0, port), meters))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("admin port " + port);
  }

  @ParameterizedTest
  @ValueSource(strings = {"0.0.0.0", "192.0.2.1", "::", "no such host"})
  void otherAddressThanLoopbackIsRefused(String host) {
    assertThatThrownBy(() -> HttpServer.start(MODELS, HttpSettings.of(host, 0, 0), meters))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining(host);
  }

  private HttpResponse<String> predict(String body) throws Exception {
    return send(post("/predict/sentiment", body));
  }

  private static HttpRequest.Builder post(String path, String body) {
    return post(server, path, body);
  }

  private static HttpRequest.Builder post(HttpServer to, String path, String body) {
    return HttpRequest.newBuilder(to.uri().resolve(path))
        .header("content-type", "application/json")
        .POST(HttpRequest.BodyPublishers.ofString(body));
  }

  private HttpResponse<String> get(String path) throws Exception {
    return send(HttpRequest.newBuilder(server.uri().resolve(path)));
  }

  private int status(URI uri) throws Exception {
    return client.send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString()).statusCode();
  }

  private HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
    return client.send(request.build(), BodyHandlers.ofString());
  }

  private static JsonNode json(HttpResponse<String> response) throws IOException {
    return new JsonMapper().readTree(response.body());
  }
}
