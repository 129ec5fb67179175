package dev.counterpoint.serving.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.counterpoint.inference.Pipeline;
import dev.counterpoint.serving.LoadedModels;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Random changes of valid requests are answered or refused, and never fail the server. */
@Timeout(value = 2, unit = TimeUnit.HOURS) // for a million requests
final class MutatedRequestsTest {
  private static final int COUNT = Integer.getInteger("counterpoint.mutations", 3_000);
  private static final String BINARY_JSON =
      "{\"inputs\": [{\"name\": \"text\", \"shape\": [1], \"datatype\": \"BYTES\", \"parameters\":"
          + " {\"binary_data_size\": 10}}], \"parameters\": {\"binary_data_output\": true}}";
  private static final List<String> BODIES =
      List.of(
          "{\"text\": \"a fine film\", \"id\": 7}",
          "[{\"text\": \"a\"}, {\"text\": \"\\u00e9\"}]",
          "{\"id\": \"4\", \"inputs\": [{\"name\": \"text\", \"shape\": [2, 1], \"datatype\":"
              + " \"BYTES\", \"data\": [[\"a\"], [\"b\"]]}], \"outputs\": [{\"name\": \"label\"}],"
              + " \"parameters\": {\"timeout\": 10000000}}",
          BINARY_JSON + "\u0006\0\0\0a film");
  private static final List<String> PARTS =
      List.of(
          "[", "]", "{", "}", "\"", ",", ":", "null", "-1", "1e999", "\\u0000", "\\ud800", "true");

  private final Random random = new Random(11);

  @Test
  void mutatedRequestsAreAnsweredOrRefused() throws Exception {
    HttpClient client = HttpClient.newHttpClient();
    try (LoadedModels models = new LoadedModels();
        HttpServer server =
            HttpServer.start(
                models,
                HttpSettings.of("127.0.0.1", 0, 0),
                new PrometheusMeterRegistry(PrometheusConfig.DEFAULT))) {
      models.add(
          "sentiment", Pipeline.open(Path.of("../runner/src/test/resources/fixtures/finished")));
      URI predict = server.uri().resolve("/predict/sentiment");
      URI infer = server.uri().resolve("/v2/models/sentiment/infer");
      int binaryAnswers = 0;
      for (int i = 0; i < COUNT; i++) {
        String original = BODIES.get(i % BODIES.size());
        boolean isBinary = original.startsWith(BINARY_JSON);
        byte[] body = mutated(original);
        HttpRequest.Builder request = request(isBinary || i % 2 == 0 ? infer : predict, body);
        if (isBinary) {
          int change = Math.max(0, random.nextInt(9) - 6);
          request.header(BinaryTensors.JSON_LENGTH, "" + (BINARY_JSON.length() + change));
        }
        HttpResponse<String> response = client.send(request.build(), BodyHandlers.ofString());

        assertThat(response.statusCode())
            .as(() -> new String(body, StandardCharsets.UTF_8) + " " + response.body())
            .isIn(200, 400);
        binaryAnswers += isBinary && response.statusCode() == 200 ? 1 : 0;
      }
      byte[] valid = BODIES.get(0).getBytes(StandardCharsets.UTF_8);
      assertThat(client.send(request(predict, valid).build(), BodyHandlers.ofString()).body())
          .contains("\"label\"");
      assertThat(binaryAnswers).isPositive();
    }
  }

  private byte[] mutated(String body) {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    for (int change = random.nextInt(4); change >= 0; change--) {
      int at = random.nextInt(bytes.length);
      switch (random.nextInt(4)) {
        case 0 -> bytes[at] = (byte) random.nextInt(256);
        case 1 -> bytes = Arrays.copyOf(bytes, Math.max(1, at));
        case 2 -> bytes = spliced(bytes, at, bytes, random.nextInt(bytes.length));
        default -> {
          byte[] part = PARTS.get(random.nextInt(PARTS.size())).getBytes(StandardCharsets.UTF_8);
          bytes = spliced(bytes, at, part, 0);
        }
      }
    }
    return bytes;
  }

  /** The bytes with others, from an index, inserted at a position. */
  private static byte[] spliced(byte[] bytes, int at, byte[] inserted, int from) {
    byte[] result = Arrays.copyOf(bytes, bytes.length + inserted.length - from);
    System.arraycopy(inserted, from, result, at, inserted.length - from);
    System.arraycopy(bytes, at, result, at + inserted.length - from, bytes.length - at);
    return result;
  }

  private static HttpRequest.Builder request(URI uri, byte[] body) {
    return HttpRequest.newBuilder(uri)
        .header("content-type", "application/json")
        .POST(HttpRequest.BodyPublishers.ofByteArray(body));
  }
}
