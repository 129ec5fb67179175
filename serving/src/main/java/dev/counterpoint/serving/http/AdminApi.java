package dev.counterpoint.serving.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.linecorp.armeria.common.AggregatedHttpRequest;
import com.linecorp.armeria.common.HttpHeaderNames;
import com.linecorp.armeria.common.HttpMethod;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.common.MediaType;
import com.linecorp.armeria.server.ServerBuilder;
import com.linecorp.armeria.server.ServiceRequestContext;
import dev.counterpoint.core.internal.storage.Resource;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.serving.ModelId;
import dev.counterpoint.serving.ModelRegistry;
import dev.counterpoint.serving.ModelRepository;
import dev.counterpoint.serving.http.AccessToken.Scope;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Metrics, a status page, and the models of a registry: index, load and unload are those of the
 * model repository extension that Triton and MLServer have,
 * https://github.com/triton-inference-server/server/blob/main/docs/protocol/extension_model_repository.md.
 *
 * @param models the models; their aliases move, and others are loaded, if they are a {@link
 *     ModelRepository}
 */
record AdminApi(ModelRegistry models, PrometheusMeterRegistry meters) {
  private static final String HEALTH = "/healthz";
  private static final String METRICS = "/metrics";
  private static final List<String> PAGE = List.of("/", "/status.js");
  private static final String PROTECTION =
      "default-src 'none'; script-src 'self'; style-src 'unsafe-inline'; connect-src 'self';"
          + " base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

  /** A change of the models, applied on a thread that may block. */
  private interface Change {
    JsonNode apply(ServiceRequestContext context, AggregatedHttpRequest request) throws IOException;
  }

  /** The paths that do not require the scope {@link Scope#ADMIN}. */
  static Map<String, @Nullable Scope> scopes() {
    Map<String, @Nullable Scope> scopes = new HashMap<>();
    scopes.put(HEALTH, null);
    PAGE.forEach(path -> scopes.put(path, null)); // It has no data.
    scopes.put(METRICS, Scope.METRICS);
    return scopes;
  }

  /** Adds all paths. */
  void addTo(ServerBuilder server) {
    server.service(
        HEALTH,
        (context, request) ->
            HttpResponse.of(
                HttpStatus.OK,
                MediaType.JSON,
                JsonNodeFactory.instance.objectNode().put("live", true).toString()));
    server.service(
        METRICS,
        (context, request) ->
            HttpResponse.of(HttpStatus.OK, MediaType.PLAIN_TEXT_UTF_8, meters.scrape()));
    page(server, PAGE.get(0), "status.html", MediaType.HTML_UTF_8);
    page(server, PAGE.get(1), "status.js", MediaType.JAVASCRIPT_UTF_8);
    change(
        server,
        Set.of(HttpMethod.GET, HttpMethod.POST),
        "/v2/repository/index",
        (context, request) -> index());
    post(
        server,
        "/v2/repository/models/{model}/load",
        (context, request) -> {
          repository().load(id(context));
          return done();
        });
    post(
        server,
        "/v2/repository/models/{model}/unload",
        (context, request) -> {
          repository().unload(id(context));
          return done();
        });
    post(server, "/aliases/{model}", this::setAlias);
  }

  private static void page(ServerBuilder server, String path, String resource, MediaType type) {
    String content = Resource.read(AdminApi.class, resource);
    server
        .route()
        .get(path)
        .build(
            (context, request) -> {
              context.setAdditionalResponseHeader(
                  HttpHeaderNames.CONTENT_SECURITY_POLICY, PROTECTION);
              return HttpResponse.of(HttpStatus.OK, type, content);
            });
  }

  private static void post(ServerBuilder server, String path, Change change) {
    change(server, Set.of(HttpMethod.POST), path, change);
  }

  private static void change(
      ServerBuilder server, Set<HttpMethod> methods, String path, Change change) {
    server
        .route()
        .path(path)
        .methods(methods)
        .build(
            (context, request) -> {
              return HttpResponse.of(
                  request
                      .aggregate()
                      .thenApplyAsync(
                          body -> {
                            context.clearRequestTimeout(); // A large model takes its time.
                            try {
                              return HttpResponse.of(
                                  HttpStatus.OK,
                                  MediaType.JSON,
                                  change.apply(context, body).toString());
                            } catch (IOException e) {
                              return HttpErrors.response(
                                  HttpStatus.SERVICE_UNAVAILABLE, String.valueOf(e.getMessage()));
                            }
                          },
                          context.blockingTaskExecutor()));
            });
  }

  private ModelRepository repository() {
    if (models instanceof ModelRepository repository) {
      return repository;
    }
    throw new InvalidSettings(
        "The server serves a single model and has no registry; start serve with a file that names a registry.");
  }

  private static ModelId id(ServiceRequestContext context) {
    return ModelId.parse(Objects.requireNonNull(context.pathParam("model")));
  }

  private static ObjectNode done() {
    return JsonNodeFactory.instance.objectNode();
  }

  private JsonNode index() throws IOException {
    List<ModelRepository.Entry> entries =
        models instanceof ModelRepository repository
            ? repository.index()
            : models.models().stream()
                .map(id -> new ModelRepository.Entry(id, List.of(), true, null))
                .toList();
    ArrayNode index = JsonNodeFactory.instance.arrayNode();
    for (ModelRepository.Entry entry : entries) {
      ObjectNode model = index.addObject().put("name", entry.id().name());
      model.put("version", String.valueOf(entry.id().version()));
      model.put("state", entry.isLoaded() ? "READY" : "UNAVAILABLE");
      model.put("reason", entry.failure() == null ? "" : entry.failure());
      entry.aliases().forEach(model.putArray("aliases")::add);
    }
    return index;
  }

  /** Moves an alias to the {@code version} in the body, or removes it if that is null. */
  private JsonNode setAlias(ServiceRequestContext context, AggregatedHttpRequest request)
      throws IOException {
    JsonNode body = DataApi.parse(request.content().array());
    return done()
        .put(
            "version",
            repository()
                .setAlias(id(context), version(body, "version"), version(body, "expected")));
  }

  private static @Nullable Integer version(JsonNode body, String key) {
    JsonNode version = body.path(key);
    boolean isAbsent = version.isNull() || (version.isMissingNode() && key.equals("expected"));
    if (!isAbsent && (!version.isInt() || version.intValue() < 0)) {
      throw new InvalidSettings(
          "The body must be {\"version\": NUMBER or null}, and may contain \"expected\", the number"
              + " of the current version, 0 for none.");
    }
    return isAbsent ? null : version.intValue();
  }
}
