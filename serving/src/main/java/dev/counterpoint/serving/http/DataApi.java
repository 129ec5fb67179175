package dev.counterpoint.serving.http;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.linecorp.armeria.common.AggregatedHttpRequest;
import com.linecorp.armeria.common.HttpData;
import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.common.MediaType;
import com.linecorp.armeria.common.ResponseHeaders;
import com.linecorp.armeria.server.HttpService;
import com.linecorp.armeria.server.ServerBuilder;
import com.linecorp.armeria.server.ServiceRequestContext;
import dev.counterpoint.core.internal.storage.Json;
import dev.counterpoint.core.settings.Excerpt;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.serving.ModelId;
import dev.counterpoint.serving.ModelLease;
import dev.counterpoint.serving.ModelRegistry;
import dev.counterpoint.serving.PredictionFailed;
import dev.counterpoint.serving.PredictionRequest;
import dev.counterpoint.serving.PredictionResponse;
import dev.counterpoint.serving.ProductionModelService;
import dev.counterpoint.serving.feature.FeatureReport;
import dev.counterpoint.serving.feature.FeatureStore;
import dev.counterpoint.serving.http.AccessToken.Scope;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Predictions over HTTP: {@code POST /predict/MODEL}, and the REST API of the Open Inference
 * Protocol, https://github.com/kserve/open-inference-protocol.
 */
final class DataApi {
  private static final Logger LOG = LoggerFactory.getLogger(DataApi.class);
  private static final int MAX_DEPTH = 32;
  private static final ObjectReader JSON =
      Json.forData(MAX_DEPTH).build().reader().with(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  /** The path of predictions by name or alias. */
  static final String PREDICT = "/predict/:model"; // as Armeria names the route

  private static final String INFER = "/infer";
  private static final String ID = "id";
  private static final String NAME = "name";
  private static final String MODEL = "/v2/models/{model}";
  private static final String VERSION = MODEL + "/versions/{version}";

  private final ModelRegistry models;
  private final ProductionModelService service;
  private final HttpSettings settings;
  private final Semaphore permits;
  private final AtomicLong arriving = new AtomicLong(); // bytes of bodies
  private final long maxArriving;
  private volatile boolean isLeaving;
  private volatile boolean draining;

  /** A request to a model, and the function that writes its response. */
  private record Question(
      PredictionRequest request, Function<PredictionResponse, HttpResponse> answer) {}

  /** Reads the body of a request for a model. */
  private interface Protocol {
    Question read(ModelId id, ModelLease model, AggregatedHttpRequest request, Instant arrived);
  }

  DataApi(ModelRegistry models, FeatureStore features, HttpSettings settings) {
    this.models = models;
    this.settings = settings;
    permits = new Semaphore(settings.maxRequests());
    maxArriving = (long) settings.maxRequests() * settings.maxBodyBytes();
    service = new ProductionModelService(models, features);
  }

  /** The paths that need no token, for the probes of a cluster. */
  static Map<String, @Nullable Scope> scopes() {
    Map<String, @Nullable Scope> scopes = new HashMap<>();
    List.of("/v2", "/v2/health/live", "/v2/health/ready").forEach(path -> scopes.put(path, null));
    return scopes;
  }

  /** Reports not ready, but still answers new requests. */
  void unready() {
    isLeaving = true;
  }

  /** Refuses new requests. */
  void drain() {
    unready();
    draining = true;
  }

  /** Waits until the requests whose bodies have arrived are answered, after {@link #drain}. */
  void awaitAnswers() {
    long longest = settings.requestTime().toMillis();
    try {
      if (!permits.tryAcquire(settings.maxRequests(), longest, TimeUnit.MILLISECONDS)) {
        LOG.warn("Stopping the server, although some requests are not answered.");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Adds all paths. */
  void addTo(ServerBuilder server) {
    get(server, "/v2", context -> serverMetadata());
    get(server, "/v2/health/live", context -> new Answer(HttpStatus.OK, flag("live", true)));
    get(server, "/v2/health/ready", context -> ready());
    for (String path : List.of(MODEL, VERSION)) {
      get(server, path, this::modelMetadata);
      get(server, path + "/ready", this::modelReady);
      post(server, path + INFER, this::infer);
    }
    addPredictTo(server);
    post(server, PREDICT + "/:version", this::predict);
  }

  void addPredictTo(ServerBuilder server) {
    post(server, PREDICT, this::predict);
  }

  private record Answer(HttpStatus status, JsonNode body) {
    HttpResponse toHttp() {
      return HttpResponse.of(status, MediaType.JSON, body.toString());
    }
  }

  private static void get(
      ServerBuilder server, String path, Function<ServiceRequestContext, Answer> handler) {
    server.route().get(path).build((context, request) -> handler.apply(context).toHttp());
  }

  private void post(ServerBuilder server, String path, Protocol protocol) {
    HttpService reading = (context, request) -> answer(context, request, protocol);
    server.route().post(path).build(reading.decorate(this::admit));
  }

  private static ObjectNode flag(String name, boolean value) {
    return JsonNodeFactory.instance.objectNode().put(name, value);
  }

  private static Answer serverMetadata() {
    String version = DataApi.class.getPackage().getImplementationVersion();
    ObjectNode body = JsonNodeFactory.instance.objectNode().put(NAME, "counterpoint");
    body.put("version", version == null ? "development" : version)
        .putArray("extensions")
        .add("binary_tensor_data");
    return new Answer(HttpStatus.OK, body);
  }

  private Answer ready() {
    boolean isReady = !isLeaving && !models.models().isEmpty();
    return new Answer(
        isReady ? HttpStatus.OK : HttpStatus.SERVICE_UNAVAILABLE, flag("ready", isReady));
  }

  private Answer modelReady(ServiceRequestContext context) {
    try (ModelLease model = models.getModel(id(context))) {
      return new Answer(
          isLeaving ? HttpStatus.SERVICE_UNAVAILABLE : HttpStatus.OK,
          flag("ready", !isLeaving).put(NAME, model.name()));
    }
  }

  private Answer modelMetadata(ServiceRequestContext context) {
    try (ModelLease model = models.getModel(id(context))) {
      ObjectNode body = JsonNodeFactory.instance.objectNode().put(NAME, model.name());
      ArrayNode versions = body.putArray("versions");
      models.models().stream()
          .filter(it -> it.name().equals(model.name()))
          .forEach(it -> versions.add(String.valueOf(it.version())));
      body.put("platform", "counterpoint_pytorch");
      ArrayNode inputs = body.putArray("inputs");
      InputTensors.of(model.pipeline()).tensors().values().stream()
          .map(it -> it.describe(-1))
          .forEach(inputs::add);
      body.putArray("outputs").addAll(OutputTensors.of(model.pipeline()).describe());
      return new Answer(HttpStatus.OK, body);
    }
  }

  private static ModelId id(ServiceRequestContext context) {
    String version = context.pathParams().get("version");
    String model = String.valueOf(context.pathParam("model"));
    return ModelId.parse(version == null ? model : model + "/" + version);
  }

  /** Refuses a request before its body is read. */
  private HttpResponse admit(HttpService next, ServiceRequestContext context, HttpRequest request)
      throws Exception {
    MediaType type = request.contentType();
    boolean isInference = context.path().endsWith(INFER); // Triton's clients name no type.
    boolean isSupported =
        type == null
            ? isInference
            : type.isJson() || (isInference && type.is(MediaType.OCTET_STREAM));
    if (!isSupported) {
      return HttpErrors.response(
          HttpStatus.UNSUPPORTED_MEDIA_TYPE,
          "The content-type is %s; it must be application/json."
              .formatted(type == null ? "missing" : Excerpt.ofItem(type.toString())));
    }
    String encoding = CompressedBody.encoding(request.headers());
    if (!CompressedBody.ENCODINGS.contains(encoding)) {
      return HttpErrors.response(
          HttpStatus.UNSUPPORTED_MEDIA_TYPE,
          "The content-encoding is %s; allowed: gzip, deflate."
              .formatted(Excerpt.ofItem(encoding)));
    }
    return draining ? shuttingDown() : next.serve(context, request);
  }

  /** Answers a request when its body has arrived; a slow client thus does not delay others. */
  private HttpResponse answer(
      ServiceRequestContext context, HttpRequest request, Protocol protocol) {
    AtomicLong size = new AtomicLong();
    CompletableFuture<AggregatedHttpRequest> body =
        request
            .peekData(
                part -> {
                  size.addAndGet(part.length());
                  if (arriving.addAndGet(part.length()) > maxArriving) {
                    request.abort(busy());
                  }
                })
            .aggregate();
    var unused = body.whenComplete((done, failure) -> arriving.addAndGet(-size.get()));
    return HttpResponse.of(body.thenCompose(done -> accept(context, done, protocol)));
  }

  private CompletableFuture<HttpResponse> accept(
      ServiceRequestContext context, AggregatedHttpRequest request, Protocol protocol) {
    Instant arrived = Instant.now();
    boolean isAdmitted = permits.tryAcquire();
    if (draining) { // awaitAnswers may hold all permits.
      permits.release(isAdmitted ? 1 : 0);
      return CompletableFuture.completedFuture(shuttingDown());
    }
    if (!isAdmitted) {
      return CompletableFuture.failedFuture(busy());
    }
    return CompletableFuture.completedFuture(request)
        .thenComposeAsync(
            body -> predict(context, body, protocol, arrived), context.blockingTaskExecutor())
        .whenComplete((response, failure) -> permits.release());
  }

  private PredictionFailed busy() {
    return new PredictionFailed(
        PredictionFailed.Reason.QUEUE_FULL,
        "The server is busy with %s requests. Try again later.".formatted(settings.maxRequests()));
  }

  private static HttpResponse shuttingDown() {
    return HttpErrors.response(
        HttpStatus.SERVICE_UNAVAILABLE, "The server is shutting down; use another server.");
  }

  private CompletableFuture<HttpResponse> predict(
      ServiceRequestContext context,
      AggregatedHttpRequest request,
      Protocol protocol,
      Instant arrived) {
    if (context.isCancelled()) { // while it waited for a thread
      return CompletableFuture.failedFuture(new CancellationException());
    }
    ModelId id = id(context);
    ModelLease model = models.getModel(id);
    Question question;
    try {
      AggregatedHttpRequest decoded = CompressedBody.decode(request, settings.maxBodyBytes());
      question = protocol.read(id, model, decoded, arrived);
    } catch (RuntimeException | Error e) {
      model.close();
      throw e;
    }
    CompletableFuture<PredictionResponse> prediction = service.submit(model, question.request);
    var unused = context.whenRequestCancelling().thenAccept(cause -> prediction.cancel(false));
    return prediction.thenApplyAsync(question.answer, context.eventLoop());
  }

  /**
   * Reads JSON.
   *
   * @throws InvalidSettings if it is invalid
   */
  static JsonNode parse(byte[] body) {
    return parse(body, body.length);
  }

  private static JsonNode parse(byte[] body, int length) {
    JsonNode json;
    try {
      json = JSON.readTree(body, 0, length);
    } catch (JacksonException e) {
      throw new InvalidSettings("The body is not JSON: %s", Json.problem(e));
    } catch (IOException e) {
      throw new InvalidSettings("The body is not JSON: %s", String.valueOf(e.getMessage()));
    }
    if (json.isMissingNode()) {
      throw new InvalidSettings("The body is empty; it must be JSON.");
    }
    return json;
  }

  /** Reads one object or a list of objects in the format of {@code predict --json}. */
  private Question predict(
      ModelId id, ModelLease model, AggregatedHttpRequest http, Instant arrived) {
    JsonNode body = parse(http.content().array());
    List<JsonNode> inputs = body.isArray() ? body.valueStream().toList() : List.of(body);
    return new Question(
        new PredictionRequest(null, id, inputs, deadline(arrived, null)),
        response -> {
          ArrayNode outputs = JsonNodeFactory.instance.arrayNode().addAll(outputs(response));
          return new Answer(HttpStatus.OK, body.isArray() ? outputs : outputs.get(0)).toHttp();
        });
  }

  /** The outputs, with the feature reports if features were looked up. */
  private static List<JsonNode> outputs(PredictionResponse response) {
    List<JsonNode> outputs = new ArrayList<>();
    for (int i = 0; i < response.outputs().size(); i++) {
      JsonNode output = response.outputs().get(i);
      Map<String, FeatureReport> reports = response.features().get(i);
      if (!reports.isEmpty() && output instanceof ObjectNode object) {
        ObjectNode features = object.putObject(OutputTensors.FEATURES);
        reports.forEach((view, report) -> features.set(view, report.toJson()));
      }
      outputs.add(output);
    }
    return outputs;
  }

  private Question infer(
      ModelId id, ModelLease model, AggregatedHttpRequest http, Instant arrived) {
    byte[] content = http.content().array();
    int length = jsonLength(http.headers().get(BinaryTensors.JSON_LENGTH), content.length);
    JsonNode body = parse(content, length);
    if (!body.isObject()) {
      throw new InvalidSettings("The body must be a JSON object with \"inputs\".");
    }
    JsonNode requestId = body.path(ID);
    if (!requestId.isMissingNode() && !requestId.isTextual()) {
      throw new InvalidSettings("\"id\" must be a string.");
    }
    OutputTensors tensors = OutputTensors.of(model.pipeline()).requested(body.path("outputs"));
    requireNone("parameters.sequence_id", body.path("parameters").path("sequence_id"));
    for (JsonNode output : body.path("outputs")) {
      for (String parameter : List.of("classification", "shared_memory_region")) {
        requireNone("outputs[].parameters." + parameter, output.path("parameters").path(parameter));
      }
    }
    BinaryTensors.read(
        body.path("inputs"), ByteBuffer.wrap(content, length, content.length - length));
    List<JsonNode> inputs =
        InputTensors.of(model.pipeline()).read(body.path("inputs"), model.maxInputs());
    String text = requestId.isTextual() ? requestId.textValue() : null;
    Instant deadline = deadline(arrived, body.path("parameters").path("timeout"));
    PredictionRequest request = new PredictionRequest(text, id, inputs, deadline);
    return new Question(
        request,
        response -> {
          ObjectNode answer = JsonNodeFactory.instance.objectNode();
          answer.put("model_name", response.model());
          answer.put("model_version", String.valueOf(response.version()));
          if (response.id() != null) {
            answer.put(ID, response.id());
          }
          answer.set("outputs", tensors.write(outputs(response)));
          return toHttp(body, answer);
        });
  }

  /** The length of the JSON in the body of a request. */
  private static int jsonLength(@Nullable String header, int length) {
    if (header == null) {
      return length;
    }
    if (!header.matches("\\d{1,9}") || Integer.parseInt(header) > length) {
      throw new InvalidSettings(
          "The header %s is %s; the body has %s bytes.",
          BinaryTensors.JSON_LENGTH, Excerpt.ofItem(header), length);
    }
    return Integer.parseInt(header);
  }

  private static void requireNone(String key, JsonNode value) {
    if (!value.isMissingNode()) {
      throw new InvalidSettings("%s is not supported.", key);
    }
  }

  /** The response, with binary data for the outputs for which the request asks for it. */
  private static HttpResponse toHttp(JsonNode request, ObjectNode answer) {
    ByteArrayOutputStream binary = new ByteArrayOutputStream();
    boolean isBinary = false;
    for (JsonNode output : answer.path("outputs")) {
      if (BinaryTensors.isRequested(request, output.path(NAME).textValue())) {
        BinaryTensors.write((ObjectNode) output, binary);
        isBinary = true;
      }
    }
    if (!isBinary) {
      return new Answer(HttpStatus.OK, answer).toHttp();
    }
    byte[] json = answer.toString().getBytes(StandardCharsets.UTF_8);
    ByteArrayOutputStream content = new ByteArrayOutputStream();
    content.writeBytes(json);
    content.writeBytes(binary.toByteArray());
    return HttpResponse.of(
        ResponseHeaders.builder(HttpStatus.OK)
            .contentType(MediaType.OCTET_STREAM)
            .setInt(BinaryTensors.JSON_LENGTH, json.length)
            .build(),
        HttpData.wrap(content.toByteArray()));
  }

  /**
   * The deadline of a request.
   *
   * @param arrived when its body had arrived
   * @param timeout microseconds that the client waits, as Triton's clients send them; null or
   *     missing for the limit of the server
   */
  private Instant deadline(Instant arrived, @Nullable JsonNode timeout) {
    Instant limit = arrived.plusMillis(settings.timeoutMillis());
    if (timeout == null || timeout.isMissingNode()) {
      return limit;
    }
    if (!timeout.isIntegralNumber() || !timeout.canConvertToLong() || timeout.longValue() <= 0) {
      throw new InvalidSettings(
          "parameters.timeout is %s; it must be a number of microseconds, greater than 0.",
          Excerpt.of(timeout.toString()));
    }
    long millis = timeout.longValue() / 1_000;
    return millis >= settings.timeoutMillis()
        ? limit
        : arrived.plus(timeout.longValue(), ChronoUnit.MICROS);
  }
}
