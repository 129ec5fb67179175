package dev.counterpoint.runner.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.counterpoint.core.internal.storage.Json;
import dev.counterpoint.runner.cli.option.ExitCode;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The callback {@code mlflow}, with a server that answers as MLflow does. */
final class MlflowTest {
  @TempDir private Path folder;
  private SmallRun small;
  private HttpServer server;
  private final Map<String, String> experiments = new ConcurrentHashMap<>();
  private final List<JsonNode> metrics = new CopyOnWriteArrayList<>();
  private final Map<String, String> parameters = new ConcurrentHashMap<>();
  private final List<JsonNode> runs = new CopyOnWriteArrayList<>();
  private final List<String> statuses = new CopyOnWriteArrayList<>();
  private volatile String rejected = "none"; // a kind of values
  private final List<String> tokens = new CopyOnWriteArrayList<>();

  @BeforeEach
  void start() throws IOException {
    small = SmallRun.in(folder);
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/api/2.0/mlflow/", this::answer);
    server.start();
  }

  @AfterEach
  void stop() {
    server.stop(0);
  }

  private void answer(HttpExchange exchange) throws IOException {
    JsonNode body = Json.MAPPER.readTree(exchange.getRequestBody());
    String method = exchange.getRequestURI().getPath().substring("/api/2.0/mlflow/".length());
    String token = exchange.getRequestHeaders().getFirst("Authorization");
    tokens.add(String.valueOf(token));
    ObjectNode answer = Json.MAPPER.createObjectNode();
    int status = 200;
    switch (method) {
      case "experiments/search" -> {
        String name = body.path("filter").asText().replaceFirst("name = '(.*)'", "$1");
        if (experiments.containsKey(name)) {
          answer.putArray("experiments").addObject().put("experiment_id", experiments.get(name));
        }
      }
      case "experiments/create" -> {
        experiments.put(body.path("name").asText(), "7");
        answer.put("experiment_id", "7");
      }
      case "runs/create" -> {
        runs.add(body);
        answer.putObject("run").putObject("info").put("run_id", "r" + runs.size());
      }
      case "runs/log-batch" -> {
        if (body.has(rejected)) {
          status = 400;
          break;
        }
        body.path("metrics").forEach(metrics::add);
        body.path("params")
            .forEach(it -> parameters.put(it.path("key").asText(), it.path("value").asText()));
      }
      case "runs/update" ->
          statuses.add(body.path("run_id").asText() + " " + body.path("status").asText());
      default -> status = 400;
    }
    byte[] bytes = answer.toString().getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(status, bytes.length);
    exchange.getResponseBody().write(bytes);
    exchange.close();
  }

  private String callback(int port, String more) {
    return "callbacks=[{type: mlflow, uri: \"http://localhost:%d/\", experiment: small tests, every: 1%s}]"
        .formatted(port, more);
  }

  private int port() {
    return server.getAddress().getPort();
  }

  private List<Integer> steps(String key) {
    List<Integer> steps = new ArrayList<>();
    for (JsonNode metric : metrics) {
      if (metric.path("key").asText().equals(key)) {
        assertThat(metric.path("value").isNumber()).isTrue();
        assertThat(metric.path("timestamp").asLong()).isPositive();
        steps.add(metric.path("step").asInt());
      }
    }
    return steps;
  }

  @Test
  void aRunHasParametersMetricsAndItsStatus() {
    small.train("--set", callback(port(), ""));

    assertThat(experiments).containsOnlyKeys("small tests");
    assertThat(runs).hasSize(1);
    assertThat(runs.get(0).path("experiment_id").asText()).isEqualTo("7");
    assertThat(runs.get(0).path("run_name").asText()).isEqualTo("run");
    assertThat(parameters)
        .containsEntry("training.batchSize", "4")
        .containsEntry("model.type", "transformer");
    assertThat(steps("train/loss")).containsExactly(1, 2, 3, 4, 5, 6);
    assertThat(steps("validation/accuracy")).containsExactly(3, 6);
    assertThat(statuses).containsExactly("r1 FINISHED");
  }

  @Test
  void aResumedRunContinuesItsRun() {
    experiments.put("small tests", "3");
    small.train("--set", callback(port(), ""), "--until", "3");
    small.resume();

    assertThat(runs).hasSize(1);
    assertThat(runs.get(0).path("experiment_id").asText()).isEqualTo("3");
    assertThat(steps("train/loss")).containsExactly(1, 2, 3, 4, 5, 6);
    assertThat(statuses).containsExactly("r1 KILLED", "r1 RUNNING", "r1 FINISHED");
  }

  @Test
  void aTrainingThatFailsIsAFailedRun() {
    Terminal terminal = new Terminal();
    int code =
        terminal.run(
            "train",
            folder.resolve("small.yaml").toString(),
            "--output=" + small.path(),
            "--set",
            callback(port(), ""),
            "--set=training.optimizer.learningRate=1e30",
            "--set=training.clipNorm=null");

    assertThat(code).as(terminal.err()).isEqualTo(ExitCode.RUN_FAILED);
    assertThat(statuses).containsExactly("r1 FAILED");
  }

  @Test
  void aServerThatCannotBeReachedDoesNotEndTheTraining() {
    server.stop(0);
    small.train("--set", callback(port(), ""));

    assertThat(runs).isEmpty();
  }

  @Test
  void theTokenIsSentButNotSaved() {
    small.train("--set", callback(port(), ", accessToken: \"${ENV:HOME}\""));

    assertThat(tokens).isNotEmpty().allMatch(it -> it.equals("Bearer " + System.getenv("HOME")));
    assertThat(parameters).containsEntry("callbacks.0.accessToken", "${ENV:HOME}");
  }

  @Test
  void aServerThatOnlyTheRunDirectoryNamesMustBeTrusted() throws IOException {
    small.train("--set", callback(port(), ""), "--until", "3");
    small.edit("run/run.yaml", "localhost", "127.0.0.1");
    int sent = metrics.size();
    Terminal terminal = new Terminal();

    assertThat(terminal.run("train", small.path())).isEqualTo(ExitCode.INVALID_REQUEST);
    assertThat(terminal.err()).contains("callbacks.0.uri", "127.0.0.1");
    assertThat(metrics).hasSize(sent);
    assertThat(terminal.run("evaluate", small.path())).isEqualTo(ExitCode.SUCCESS);
  }

  @Test
  void aServerOfTheCommandLineNeedsNoTrust() throws IOException {
    small.train("--until", "3");
    small.resume("--set", callback(port(), ""));

    assertThat(steps("train/loss")).containsExactly(4, 5, 6);
  }

  @Test
  void valuesThatTheServerRejectsAreSkipped() {
    rejected = "params";
    small.train("--set", callback(port(), ""));

    assertThat(parameters).isEmpty();
    assertThat(steps("train/loss")).containsExactly(1, 2, 3, 4, 5, 6);
    assertThat(statuses).containsExactly("r1 FINISHED");
  }

  @Test
  void reproducingARunReportsNothing() {
    small.train("--set", callback(port(), ""));
    Terminal terminal = new Terminal();

    assertThat(terminal.run("reproduce", small.path()))
        .as(terminal.err())
        .isEqualTo(ExitCode.SUCCESS);
    assertThat(runs).hasSize(1);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"http://user:password@localhost:5000", "http://localhost:99999", "localhost:5000"})
  void anAddressThatIsNotOfAServerIsRejected(String uri) {
    Terminal terminal = new Terminal();
    int code =
        terminal.run(
            "train",
            folder.resolve("small.yaml").toString(),
            "--set",
            "callbacks=[{type: mlflow, uri: \"" + uri + "\"}]");

    assertThat(code).isEqualTo(ExitCode.INVALID_REQUEST);
    assertThat(terminal.err()).contains("callbacks.0.uri").doesNotContain("password");
  }
}
