package dev.counterpoint.runner.cli.model;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.counterpoint.inference.Pipeline;
import dev.counterpoint.inference.golden.GoldenExamples;
import dev.counterpoint.inference.internal.code.SourcePath;
import dev.counterpoint.runner.cli.Terminal;
import dev.counterpoint.runner.cli.option.ExitCode;
import dev.counterpoint.serving.LoadedModels;
import dev.counterpoint.serving.http.HttpServer;
import dev.counterpoint.serving.http.HttpSettings;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Over HTTP the model of each task answers as {@code predict --json} does. */
@Timeout(300)
final class ServedTasksTest {
  private static final JsonMapper JSON = new JsonMapper();

  @TempDir private Path folder;

  @Test
  void rowsOfATable() throws Exception {
    Files.writeString(
        folder.resolve("data.csv"),
        IntStream.range(0, 40)
            .mapToObj(
                i ->
                    "%s,%s,%s".formatted(i % 7 == 0 ? "" : i, i % 3 == 0 ? "town" : "hill", i > 20))
            .collect(Collectors.joining("\n", "rooms,place,sold\n", "\n")));
    train(
        """
        model: {type: mlp, width: 8, layers: 1}
        data: {type: tabular, train: {path: data.csv}, validation: {path: data.csv}, target: sold}
        training: {epochs: 1, batchSize: 8}
        """);

    served(
        List.of(
            "{\"rooms\": 3, \"place\": \"town\"}",
            "{\"place\": \"hill\", \"rooms\": null}",
            "{\"rooms\": 30.5, \"place\": \"nowhere\", \"id\": \"x\"}"),
        """
        {"inputs": [{"name": "rooms", "shape": [2], "datatype": "INT32", "data": [3, null]},
                    {"name": "place", "shape": [2, 1], "datatype": "BYTES", "data": ["town", "hill"]}]}
        """,
        "label");
  }

  @Test
  void valuesOfPairs() throws Exception {
    Files.writeString(
        folder.resolve("data.tsv"),
        IntStream.range(0, 32)
            .mapToObj(i -> "it is %s\tso %s\t%s".formatted(i % 4, i / 4 % 4, i % 4 * 10))
            .collect(Collectors.joining("\n", "first\tsecond\tscore\n", "\n")));
    train(
        """
        model: {type: transformer, width: 8, layers: 1, heads: 1, maxLength: 16}
        data:
          type: text-classification
          problem: regression
          train: {path: data.tsv}
          text: first
          text2: second
          label: score
        training: {epochs: 1, batchSize: 8}
        """);

    served(
        List.of(
            "{\"text\": \"it is 1\", \"text2\": \"so 2\"}",
            "{\"text\": \"it\", \"text2\": \"so it is 3\"}"),
        """
        {"inputs": [{"name": "text", "shape": [2], "datatype": "BYTES", "data": ["it is 1", "it"]},
                    {"name": "text2", "shape": [2], "datatype": "BYTES", "data": ["so 2", "so it is 3"]}]}
        """,
        "values");
  }

  @Test
  void entitiesOfTexts() throws Exception {
    Files.writeString(
        folder.resolve("data.conll"),
        "Ann\tB-person\nlives\tO\nin\tO\nRome\tB-city\n\t\nBob\tB-person\nin\tO\nOslo\tB-city\n\t\n"
            .repeat(8));
    train(
        """
        model:
          type: bert
          task: token-classification
          architecture: {width: 16, layers: 1, heads: 2, intermediate: 32, maxLength: 16, deviation: 0.2}
        data: {type: token-classification, train: {path: data.conll}, validation: {path: data.conll}}
        training: {epochs: 4, batchSize: 4, optimizer: {type: adamw, learningRate: 1.0e-2}}
        """);

    served(
        List.of("{\"text\": \"Ann lives in Oslo\"}", "{\"text\": \"\"}"),
        """
        {"inputs": [{"name": "text", "shape": [2], "datatype": "BYTES", "data": ["Ann lives in Oslo", ""]}]}
        """,
        "entities");
  }

  @Test
  void answersToQuestions() throws Exception {
    String question =
        "{\"id\": \"%s\", \"question\": \"What colour?\", \"answers\": [{\"text\": \"red\", \"answer_start\": 12}]}";
    Files.writeString(
        folder.resolve("data.json"),
        IntStream.range(0, 16)
            .mapToObj(
                i ->
                    "{\"context\": \"The door is red and old.\", \"qas\": [%s]}"
                        .formatted(question.formatted(i)))
            .collect(Collectors.joining(",", "{\"data\": [{\"paragraphs\": [", "]}]}")));
    train(
        """
        model:
          type: bert
          task: question-answering
          architecture: {width: 16, layers: 1, heads: 2, intermediate: 32, maxLength: 32, deviation: 0.1}
        data:
          type: question-answering
          train: {path: data.json}
          validation: {path: data.json}
          stride: 8
          tokenizer: {minimumCount: 1}
        training: {epochs: 1, batchSize: 8}
        """);

    served(
        List.of(
            "{\"question\": \"What colour?\", \"context\": \"The door is red.\"}",
            "{\"question\": \"What?\", \"context\": \"The door is red and old. The door is old.\"}"),
        """
        {"inputs": [{"name": "question", "shape": [1], "datatype": "BYTES", "data": ["What colour?"]},
                    {"name": "context", "shape": [1], "datatype": "BYTES", "data": ["The door is red."]}]}
        """,
        "text");
  }

  private void train(String settings) throws IOException {
    Path file = folder.resolve("run.yaml");
    Files.writeString(file, "name: small\ndevice: cpu\n" + settings);
    Terminal terminal = new Terminal();
    assertThat(terminal.run("train", file.toString(), "--output", run().toString()))
        .as(terminal.err())
        .isEqualTo(ExitCode.SUCCESS);
    Path model = run().resolve("model");
    assertThat(model.resolve("golden.json")).exists(); // computed again before serving
    GoldenExamples.write(model, SourcePath.none(), Path::of, List.of());
    assertThat(GoldenExamples.inputs(model)).as("random inputs").hasSize(GoldenExamples.COUNT);
  }

  private Path run() {
    return folder.resolve("run");
  }

  /** Compares single inputs and the list of all with {@code predict --json}. */
  private void served(List<String> inputs, String infer, String output) throws Exception {
    PrometheusMeterRegistry meters = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    try (LoadedModels models = new LoadedModels();
        HttpServer server = HttpServer.start(models, HttpSettings.of("127.0.0.1", 0, 0), meters)) {
      models.add("small", Pipeline.open(run()));
      List<JsonNode> expected = new ArrayList<>();
      for (String input : inputs) {
        expected.add(JSON.readTree(predict(input)));
        assertThat(post(server, "/predict/small", input))
            .isEqualTo(expected.get(expected.size() - 1));
      }
      JsonNode all = post(server, "/predict/small", inputs.toString());
      assertThat(all).hasSize(inputs.size());
      for (int i = 0; i < inputs.size(); i++) {
        assertThat(all.get(i).path("label")).isEqualTo(expected.get(i).path("label"));
        assertThat(all.get(i).path("entities").size())
            .isEqualTo(expected.get(i).path("entities").size());
      }
      JsonNode tensors = post(server, "/v2/models/small/infer", infer).path("outputs");
      assertThat(tensors)
          .anySatisfy(it -> assertThat(it.path("name").textValue()).isEqualTo(output));
    }
  }

  private String predict(String input) {
    InputStream original = System.in;
    System.setIn(new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)));
    try {
      Terminal terminal = new Terminal();
      assertThat(terminal.run("predict", run().toString(), "--json"))
          .as(terminal.err())
          .isEqualTo(ExitCode.SUCCESS);
      return terminal.out();
    } finally {
      System.setIn(original);
    }
  }

  private static JsonNode post(HttpServer server, String path, String body) throws Exception {
    HttpResponse<String> response =
        HttpClient.newHttpClient()
            .send(
                HttpRequest.newBuilder(server.uri().resolve(path))
                    .header("content-type", "application/json")
                    .POST(HttpRequest.BodyPublishers.ofString(body))
                    .build(),
                BodyHandlers.ofString());
    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    return JSON.readTree(response.body());
  }
}
