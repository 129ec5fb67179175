package dev.counterpoint.runner.mlflow;

import static com.google.common.util.concurrent.Uninterruptibles.awaitUninterruptibly;
import static com.google.common.util.concurrent.Uninterruptibles.joinUninterruptibly;
import static java.util.concurrent.TimeUnit.MILLISECONDS;

import com.fasterxml.jackson.databind.JsonNode;
import dev.counterpoint.core.callback.Callback;
import dev.counterpoint.core.callback.CallbackConfig;
import dev.counterpoint.core.callback.CallbackContext;
import dev.counterpoint.core.callback.StepReport;
import dev.counterpoint.core.callback.TrainingEnd;
import dev.counterpoint.core.callback.TrainingStart;
import dev.counterpoint.core.callback.ValidationReport;
import dev.counterpoint.core.internal.storage.AtomicFile;
import dev.counterpoint.core.internal.storage.Json;
import dev.counterpoint.core.internal.storage.Utf8File;
import dev.counterpoint.core.settings.Checks;
import dev.counterpoint.core.settings.Excerpt;
import dev.counterpoint.core.settings.Secrets;
import dev.counterpoint.runner.rundir.FlatSettings;
import dev.counterpoint.runner.rundir.Provenance;
import dev.counterpoint.runner.rundir.RunDirectory;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reports settings, losses and metrics to an MLflow tracking server by its REST API 2.0, from a
 * separate thread: a server that fails or is slow does not affect the training. A resumed run
 * continues the one whose id is in {@code mlflow.txt}.
 */
public final class Mlflow implements Callback {
  private static final Logger LOG = LoggerFactory.getLogger(Mlflow.class);
  private static final Pattern ADDRESS =
      Pattern.compile(
          "https?://(\\[[\\p{XDigit}:.]+]|[^/@:\\[\\s]+)(:\\d{1,4}|:[1-5]\\d{4})?(/\\S*)?");
  private static final String RUN_ID = "run_id";
  private static final int MAX_WAITING = 100_000; // values, about 30 MB
  private static final int MAX_METRICS = 1000; // of a request
  private static final int MAX_PARAMETERS = 100; // of a request
  private static final int MAX_RESPONSE = 1 << 20; // bytes
  private static final long PAUSE = 1000; // milliseconds between two attempts
  private static final long LAST_PASS = 10_000; // milliseconds at the end
  private static final Duration TIMEOUT = Duration.ofSeconds(5); // to connect, and to answer

  private final Config config;
  private final CallbackContext context;
  private final HttpClient http =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1) // Servers may lose a body with an upgrade.
          .connectTimeout(TIMEOUT)
          .build();
  private final Queue<Map<String, ?>> parameters = new ArrayDeque<>(); // of the sender
  private final Queue<Map<String, ?>> waiting = new LinkedBlockingQueue<>(MAX_WAITING);
  private final CountDownLatch ended = new CountDownLatch(1);
  private final Thread sender = new Thread(this::send, "mlflow");
  private final AtomicBoolean warned = new AtomicBoolean();
  private String id = ""; // of the sender
  private volatile String status = "FINISHED";

  private Mlflow(Config config, CallbackContext context) {
    this.config = config;
    this.context = context;
    sender.setDaemon(true);
  }

  @Override
  public void onStart(TrainingStart start) {
    if (start.endReason() == null) {
      sender.start();
    }
  }

  @Override
  public void onStep(StepReport report) {
    if (report.step() % config.every() == 0) {
      Map<String, Double> values = new TreeMap<>(report.auxiliary());
      values.put("loss", report.loss());
      values.put("learningRate", report.learningRate());
      values.put("gradientNorm", report.gradientNorm());
      values.put("itemsPerSecond", report.examples() / report.seconds());
      add("train/", values, report.step());
    }
  }

  @Override
  public void onValidation(ValidationReport report) {
    Map<String, Double> values = new TreeMap<>(report.evaluation().values());
    values.keySet().removeIf(name -> name.contains(".")); // of single classes, maybe hundreds
    add("validation/", values, report.step());
  }

  private void add(String prefix, Map<String, Double> values, long step) {
    long now = System.currentTimeMillis();
    values.forEach(
        (name, value) -> {
          Map<String, ?> metric =
              Map.of(
                  "key", prefix + permitted(name), "value", value, "step", step, "timestamp", now);
          if (Double.isFinite(value) && !waiting.offer(metric)) {
            warn("too many values wait");
          }
        });
  }

  @Override
  public void onEnd(TrainingEnd end) {
    end(context.stop().interrupted() ? "KILLED" : "FINISHED");
  }

  @Override
  public void onFailure(RuntimeException failure) {
    end("FAILED");
  }

  private void end(String result) {
    status = result;
    ended.countDown();
    joinUninterruptibly(sender, LAST_PASS, MILLISECONDS);
  }

  private void send() {
    while (!awaitUninterruptibly(ended, PAUSE, MILLISECONDS)) {
      attempt(this::sendWaiting);
    }
    attempt(this::sendWaiting);
    if (!id.isEmpty()) {
      attempt(
          () -> {
            long now = System.currentTimeMillis();
            post("runs/update", Map.of(RUN_ID, id, "status", status, "end_time", now));
          });
    }
  }

  /** Sends requests; the next attempt sends what remains unsent. */
  private interface Requests {
    void send() throws IOException, InterruptedException;
  }

  private void attempt(Requests requests) {
    try {
      requests.send();
    } catch (IOException | InterruptedException | RuntimeException e) {
      warn(e.toString());
    }
  }

  private void sendWaiting() throws IOException, InterruptedException {
    if (id.isEmpty()) {
      open();
    }
    send("params", parameters, MAX_PARAMETERS);
    send("metrics", waiting, MAX_METRICS);
  }

  private void send(String kind, Queue<Map<String, ?>> values, int most)
      throws IOException, InterruptedException {
    while (!values.isEmpty()) {
      List<Map<String, ?>> batch = values.stream().limit(most).toList();
      try {
        post("runs/log-batch", Map.of(RUN_ID, id, kind, batch));
      } catch (Rejected e) {
        warn(e.toString()); // It would be rejected again.
      }
      batch.forEach(sent -> values.remove());
    }
  }

  private void open() throws IOException, InterruptedException {
    RunDirectory directory = new RunDirectory(context.directory());
    Path file = directory.path().resolve("mlflow.txt");
    if (Files.exists(file)) { // a resumed run
      String earlier = Utf8File.read(file);
      post("runs/update", Map.of(RUN_ID, earlier, "status", "RUNNING"));
      id = earlier;
      return;
    }
    Map<String, ?> query =
        Map.of("filter", "name = '" + config.experiment() + "'", "max_results", 1);
    JsonNode experiment = post("experiments/search", query).at("/experiments/0/experiment_id");
    if (experiment.isMissingNode()) {
      Map<String, ?> created = Map.of("name", config.experiment());
      experiment = post("experiments/create", created).path("experiment_id");
    }
    String name = String.valueOf(directory.path().getFileName());
    long now = System.currentTimeMillis();
    Map<String, ?> run = Map.of("experiment_id", experiment, "run_name", name, "start_time", now);
    id = post("runs/create", run).at("/run/info/run_id").asText();
    AtomicFile.writeText(file, id);
    FlatSettings.of(Provenance.lastProcess(directory).withObject("settings"))
        .forEach(
            (key, value) ->
                parameters.add(Map.of("key", permitted(key), "value", Excerpt.of(value))));
  }

  /** Replaces characters in a name that MLflow rejects. */
  private static String permitted(String name) {
    return name.replaceAll("[^\\w.\\-/ ]", "_");
  }

  /** The server has rejected a request. */
  private static final class Rejected extends IOException {
    private static final long serialVersionUID = 1;

    Rejected(String message) {
      super(message);
    }
  }

  private JsonNode post(String method, Map<String, ?> body)
      throws IOException, InterruptedException {
    URI uri = URI.create(config.uri().replaceFirst("/*$", "/api/2.0/mlflow/") + method);
    HttpRequest.Builder request =
        HttpRequest.newBuilder(uri)
            .timeout(TIMEOUT)
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(Json.MAPPER.writeValueAsString(body)));
    if (config.accessToken() != null) {
      request.header("Authorization", "Bearer " + config.accessToken());
    }
    HttpResponse<InputStream> response =
        http.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
    try (InputStream content = response.body()) {
      byte[] bytes = content.readNBytes(MAX_RESPONSE);
      int code = response.statusCode();
      if (code != 200) {
        String message = method + " has status " + code + ": " + Excerpt.of(utf8(bytes));
        boolean isRejected = code >= 400 && code < 500 && code != 408 && code != 429;
        throw isRejected ? new Rejected(message) : new IOException(message);
      }
      return Json.MAPPER.readTree(bytes);
    }
  }

  private static String utf8(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }

  private void warn(String reason) {
    if (!warned.getAndSet(true)) {
      String masked = Secrets.mask(config.uri() + ": " + reason);
      LOG.warn("MLflow at {}. The training continues; values may be missing in MLflow.", masked);
    }
  }

  /**
   * Settings of the {@code mlflow} callback.
   *
   * @param uri the address of the tracking server, such as {@code http://localhost:5000}
   * @param experiment the name of the experiment, which is created if it does not exist
   * @param every the number of steps between two points of the training curves
   * @param accessToken sent as {@code Authorization: Bearer}; a reference to an environment
   *     variable or a file; null for none
   */
  public record Config(String uri, String experiment, int every, @Nullable String accessToken)
      implements CallbackConfig.ReportsToServer {
    public Config {
      new Checks()
          .that(
              uri == null || ADDRESS.matcher(uri).matches(),
              "uri",
              uri == null ? "" : uri.replaceFirst("//[^/]*@", "//***@"),
              "must be an http or https URL without a user")
          .that(!experiment.contains("'"), "experiment", experiment, "must not contain a quote")
          .positive("every", every)
          .verify();
    }

    /** One point every 10 steps, in MLflow's experiment Default. */
    @SuppressWarnings("NullAway") // The binder reports keys that are null here as missing.
    public static Config defaults() {
      return new Config(null, "Default", 10, null);
    }

    @Override
    public Callback build(CallbackContext context) {
      return new Mlflow(this, context);
    }
  }
}
