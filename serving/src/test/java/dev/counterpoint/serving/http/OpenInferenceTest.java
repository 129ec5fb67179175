package dev.counterpoint.serving.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.counterpoint.inference.Pipeline;
import dev.counterpoint.serving.LoadedModels;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests and responses of the Open Inference Protocol's REST API. */
@Timeout(60)
final class OpenInferenceTest {
  private static final LoadedModels MODELS = new LoadedModels();
  private static HttpServer server;

  private final HttpClient client = HttpClient.newHttpClient();

  @BeforeAll
  static void start() throws IOException {
    MODELS.add(
        "sentiment", Pipeline.open(Path.of("../runner/src/test/resources/fixtures/finished")));
    server =
        HttpServer.start(
            MODELS,
            HttpSettings.of("127.0.0.1", 0, 0),
            new PrometheusMeterRegistry(PrometheusConfig.DEFAULT));
  }

  @AfterAll
  static void stop() {
    server.close();
    MODELS.close();
  }

  @Test
  void serverAndModelAreDescribed() throws Exception {
    assertThat(get("/v2", 200).path("name").textValue()).isEqualTo("counterpoint");
    assertThat(get("/v2/health/live", 200).path("live").booleanValue()).isTrue();
    assertThat(get("/v2/health/ready", 200).path("ready").booleanValue()).isTrue();
    for (String path : new String[] {"/v2/models/sentiment", "/v2/models/sentiment/versions/1"}) {
      JsonNode model = get(path, 200);
      assertThat(model.path("versions").get(0).textValue()).isEqualTo("1");
      assertThat(model.path("inputs"))
          .hasToString("[{\"name\":\"text\",\"datatype\":\"BYTES\",\"shape\":[-1]}]");
      assertThat(model.path("outputs"))
          .extracting(it -> it.path("name").textValue())
          .containsExactly("label", "probability", "probabilities");
      assertThat(get(path + "/ready", 200).path("ready").booleanValue()).isTrue();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"/v2/models/other", "/v2/models/sentiment/versions/2", "/v2/models/x/ready"})
  void unknownModelIsNotFound(String path) throws Exception {
    assertThat(get(path, 404).path("error").isTextual()).isTrue();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "[2] | [\"a fine film\", \"never\"]",
        "[2, 1] | [\"a fine film\", \"never\"]",
        "[2, 1] | [[\"a fine film\"], [\"never\"]]"
      })
  void tensorsAreFlatOrNested(String shape, String data) throws Exception {
    JsonNode response =
        infer("{\"id\": \"42\", \"inputs\": [%s]}".formatted(text(shape, data)), 200);

    assertThat(response.path("id").textValue()).isEqualTo("42");
    assertThat(response.path("model_name").textValue()).isEqualTo("sentiment");
    assertThat(response.path("model_version").textValue()).isEqualTo("1");
    JsonNode labels = response.path("outputs").get(0);
    assertThat(labels.path("shape").toString()).isEqualTo("[2]");
    assertThat(labels.path("data").get(0).textValue()).isEqualTo("good");
    JsonNode probabilities = response.path("outputs").get(2);
    assertThat(probabilities.path("shape").toString()).isEqualTo("[2,2]");
    double sum =
        probabilities.path("data").get(2).doubleValue()
            + probabilities.path("data").get(3).doubleValue();
    assertThat(sum).isBetween(0.9999, 1.0001);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"inputs\": {\"name\": \"text\"}}",
        "{\"inputs\": [%s], \"outputs\": [{\"name\": \"label\", \"parameters\":"
            + " {\"shared_memory_region\": \"r\"}}]}",
        "{\"inputs\": [%s], \"outputs\": [{\"name\": \"label\", \"parameters\":"
            + " {\"classification\": 2}}]}"
      })
  void whatIsNotSupportedIsABadRequest(String body) throws Exception {
    assertThat(infer(body.replace("%s", text("[1]", "[\"a\"]")), 400).path("error").textValue())
        .contains("puts");
  }

  @Test
  void nestedValuesMustHaveTheShape() throws Exception {
    JsonNode response = infer("{\"inputs\": [%s]}".formatted(text("[2]", "[[\"a\", \"b\"]]")), 400);

    assertThat(response.path("error").textValue()).contains("inputs[0].data", "2 rows");
  }

  @Test
  void probabilitiesAreInTheOrderOfTheLabels() throws Exception {
    JsonNode outputs =
        infer("{\"inputs\": [%s]}".formatted(text("[1]", "[\"a fine film\"]")), 200)
            .path("outputs");
    int label;
    try (Pipeline pipeline =
        Pipeline.open(Path.of("../runner/src/test/resources/fixtures/finished"))) {
      label = pipeline.labels().indexOf(outputs.get(0).path("data").get(0).textValue());
    }

    assertThat(outputs.get(2).path("data").get(label))
        .isEqualTo(outputs.get(1).path("data").get(0));
  }

  @Test
  void onlyRequestedOutputsAreReturned() throws Exception {
    String body =
        "{\"inputs\": [%s], \"outputs\": [{\"name\": \"label\"}]}"
            .formatted(text("[1]", "[\"a\"]"));

    assertThat(infer(body, 200).path("outputs"))
        .extracting(it -> it.path("name").textValue())
        .containsExactly("label");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{} | inputs",
        "{\"inputs\": []} | inputs",
        "[] | inputs",
        "{\"inputs\": [{\"name\": \"txt\", \"shape\": [1], \"datatype\": \"BYTES\", \"data\": [\"a\"]}]} | inputs[0].name",
        "{\"inputs\": [{\"name\": \"text\", \"shape\": [1], \"datatype\": \"FP32\", \"data\": [1]}]} | inputs[0].datatype",
        "{\"inputs\": [{\"name\": \"text\", \"shape\": [2], \"datatype\": \"BYTES\", \"data\": [\"a\"]}]} | inputs[0].data",
        "{\"inputs\": [{\"name\": \"text\", \"shape\": [1, 2], \"datatype\": \"BYTES\", \"data\": [\"a\", \"b\"]}]} | inputs[0].shape",
        "{\"inputs\": [{\"name\": \"text\", \"shape\": [-1], \"datatype\": \"BYTES\", \"data\": [\"a\"]}]} | inputs[0].shape",
        "{\"inputs\": [{\"name\": \"text\", \"shape\": [65536, 65536, 65536, 65536], \"datatype\": \"BYTES\", \"data\": []}]} | inputs[0].shape",
        "{\"inputs\": [{\"name\": \"text\", \"datatype\": \"BYTES\", \"data\": [\"a\"]}]} | inputs[0].shape",
        "{\"inputs\": [{\"name\": \"text\", \"shape\": [1], \"datatype\": \"BYTES\", \"data\": [1]}]} | inputs[0].data",
        "{\"id\": 3, \"inputs\": []} | id",
        "{\"parameters\": {\"timeout\": -1}, \"inputs\": [{\"name\": \"text\", \"shape\": [1], \"datatype\": \"BYTES\", \"data\": [\"a\"]}]} | parameters.timeout",
        "{\"outputs\": [{\"name\": \"lable\"}], \"inputs\": [{\"name\": \"text\", \"shape\": [1], \"datatype\": \"BYTES\", \"data\": [\"a\"]}]} | outputs[0].name",
        "{\"outputs\": [{\"name\": \"label\"}, {\"name\": \"label\"}], \"inputs\": [{\"name\": \"text\", \"shape\": [1], \"datatype\": \"BYTES\", \"data\": [\"a\"]}]} | outputs[1].name",
        "{\"inputs\": [{\"name\": \"text\", \"shape\": [1025], \"datatype\": \"BYTES\", \"data\": [\"a\"]}]} | 1024",
        "{\"outputs\": {\"name\": \"label\"}, \"inputs\": [{\"name\": \"text\", \"shape\": [1], \"datatype\": \"BYTES\", \"data\": [\"a\"]}]} | outputs"
      })
  void invalidRequestNamesTheField(String body, String field) throws Exception {
    assertThat(infer(body, 400).path("error").textValue()).contains(field);
  }

  /** The requests of Triton's clients: no content type, binary texts, outputs in binary form. */
  @ParameterizedTest
  @CsvSource({"identity", "deflate", "gzip"})
  void binaryTensorsAreReadAndWritten(String encoding) throws Exception {
    byte[] json =
        ("{\"id\": \"7\", \"inputs\": [{\"name\": \"text\", \"shape\": [1], \"datatype\": \"BYTES\","
                + " \"parameters\": {\"binary_data_size\": 10}}],"
                + " \"outputs\": [{\"name\": \"label\", \"parameters\": {\"binary_data\": false}},"
                + " {\"name\": \"probabilities\"}],"
                + " \"parameters\": {\"binary_data_output\": true, \"timeout\": 10000000}}")
            .getBytes(StandardCharsets.UTF_8);
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    try (OutputStream out =
        switch (encoding) {
          case "gzip" -> new GZIPOutputStream(body);
          case "deflate" -> new DeflaterOutputStream(body);
          default -> body;
        }) {
      out.write(json);
      out.write(new byte[] {6, 0, 0, 0, 'a', ' ', 'f', 'i', 'l', 'm'});
    }
    HttpResponse<byte[]> response =
        client.send(
            HttpRequest.newBuilder(server.uri().resolve("/v2/models/sentiment/infer"))
                .header("content-encoding", encoding)
                .header("Inference-Header-Content-Length", String.valueOf(json.length))
                .POST(HttpRequest.BodyPublishers.ofByteArray(body.toByteArray()))
                .build(),
            BodyHandlers.ofByteArray());

    assertThat(response.statusCode()).as(new String(response.body())).isEqualTo(200);
    assertThat(response.headers().firstValue("content-type")).hasValue("application/octet-stream");
    int length =
        Math.toIntExact(
            response.headers().firstValueAsLong("Inference-Header-Content-Length").orElseThrow());
    JsonNode outputs = new JsonMapper().readTree(response.body(), 0, length).path("outputs");
    assertThat(outputs.path(0).path("data").path(0).isTextual()).isTrue();
    assertThat(outputs.path(1).path("parameters").path("binary_data_size").intValue())
        .isEqualTo(16);
    ByteBuffer values =
        ByteBuffer.wrap(response.body(), length, response.body().length - length)
            .order(ByteOrder.LITTLE_ENDIAN);
    assertThat(values.getDouble() + values.getDouble()).isCloseTo(1, within(1e-6));
    assertThat(values.hasRemaining()).isFalse();
  }

  @ParameterizedTest
  @CsvSource({"-1", "1000000", "9999999999", "x"})
  void lengthOfTheJsonMustFitTheBody(String length) throws Exception {
    HttpResponse<String> response =
        client.send(
            HttpRequest.newBuilder(server.uri().resolve("/v2/models/sentiment/infer"))
                .header("Inference-Header-Content-Length", length)
                .POST(HttpRequest.BodyPublishers.ofString("{}"))
                .build(),
            BodyHandlers.ofString());

    assertThat(response.statusCode()).isEqualTo(400);
    assertThat(response.body()).contains("inference-header-content-length");
  }

  @Test
  void inputThatOccursTwiceIsInvalid() throws Exception {
    String text = text("[1]", "[\"a\"]");

    assertThat(infer("{\"inputs\": [%s, %s]}".formatted(text, text), 400).path("error").textValue())
        .contains("inputs[1].name");
  }

  private static String text(String shape, String data) {
    return "{\"name\": \"text\", \"shape\": %s, \"datatype\": \"BYTES\", \"data\": %s}"
        .formatted(shape, data);
  }

  private JsonNode infer(String body, int status) throws Exception {
    return json(
        HttpRequest.newBuilder(server.uri().resolve("/v2/models/sentiment/infer"))
            .header("content-type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body)),
        status);
  }

  private JsonNode get(String path, int status) throws Exception {
    return json(HttpRequest.newBuilder(server.uri().resolve(path)), status);
  }

  private JsonNode json(HttpRequest.Builder request, int status) throws Exception {
    HttpResponse<String> response = client.send(request.build(), BodyHandlers.ofString());
    assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
    return new JsonMapper().readTree(response.body());
  }
}
