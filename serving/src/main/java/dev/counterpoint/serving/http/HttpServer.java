package dev.counterpoint.serving.http;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.common.MediaType;
import com.linecorp.armeria.common.logging.RequestLog;
import com.linecorp.armeria.server.GracefulShutdown;
import com.linecorp.armeria.server.Server;
import com.linecorp.armeria.server.ServerBuilder;
import com.linecorp.armeria.server.logging.AccessLogWriter;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.serving.ModelRegistry;
import dev.counterpoint.serving.feature.FeatureStore;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.composite.CompositeMeterRegistry;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/**
 * Serves the models of a registry over HTTP/1.1 and HTTP/2: predictions on one port, metrics and
 * health on another.
 */
public final class HttpServer implements AutoCloseable {
  private static final String HEALTH = "/healthz";
  private static final Duration IDLE = Duration.ofSeconds(60);
  private static final int MAX_HEADERS = 16 * 1_024;
  private static final int MAX_STREAMS = 128;

  /** A drained server stops after this time without a request. */
  private static final Duration QUIET = Duration.ofMillis(200);

  /** The body of a request must arrive within this time after the limit for its prediction. */
  private static final Duration BODY_TIME = Duration.ofSeconds(5);

  private final DataApi api;
  private final Server data;
  private final Server admin;

  private HttpServer(DataApi api, Server data, Server admin) {
    this.api = api;
    this.data = data;
    this.admin = admin;
  }

  /** Starts a server without a feature store. */
  public static HttpServer start(
      ModelRegistry models, HttpSettings settings, PrometheusMeterRegistry meters) {
    return start(models, FeatureStore.none(), settings, meters);
  }

  /**
   * Starts a server.
   *
   * @param models stay open until the server is closed
   * @param features stays open until the server is closed
   * @throws InvalidSettings if a port is in use
   */
  public static HttpServer start(
      ModelRegistry models,
      FeatureStore features,
      HttpSettings settings,
      PrometheusMeterRegistry meters) {
    DataApi api = new DataApi(models, features, settings);
    ServerBuilder data = builder(settings, settings.port());
    data.decorator(
        (service, context, request) -> {
          var unused = context.log().whenComplete().thenAccept(log -> count(log, meters));
          return service.serve(context, request);
        });
    api.addTo(data);
    ServerBuilder admin = builder(settings, settings.adminPort());
    admin.service(
        HEALTH,
        (context, request) ->
            HttpResponse.of(
                HttpStatus.OK,
                MediaType.JSON,
                JsonNodeFactory.instance.objectNode().put("live", true).toString()));
    admin.service(
        "/metrics",
        (context, request) ->
            HttpResponse.of(HttpStatus.OK, MediaType.PLAIN_TEXT_UTF_8, meters.scrape()));
    Server dataServer = start(data, settings, "port", settings.port());
    try {
      return new HttpServer(
          api, dataServer, start(admin, settings, "admin port", settings.adminPort()));
    } catch (RuntimeException e) {
      dataServer.stop().join();
      throw e;
    }
  }

  private static ServerBuilder builder(HttpSettings settings, int port) {
    return Server.builder()
        .http(new InetSocketAddress(settings.address(), port))
        .errorHandler(new HttpErrors(settings.maxBodyBytes()))
        .accessLogWriter(AccessLogWriter.disabled(), false)
        .blockingTaskExecutor(Runtime.getRuntime().availableProcessors() + 1)
        .maxRequestLength(settings.maxBodyBytes())
        .maxNumConnections(settings.maxConnections())
        .requestTimeout(Duration.ofMillis(settings.timeoutMillis()).plus(BODY_TIME))
        .idleTimeout(IDLE)
        .http1MaxHeaderSize(MAX_HEADERS)
        .http1MaxInitialLineLength(MAX_HEADERS)
        .http2MaxHeaderListSize(MAX_HEADERS)
        .http2MaxStreamsPerConnection(MAX_STREAMS)
        .meterRegistry(new CompositeMeterRegistry()) // Its own meters have no bounds on tags.
        .disableServerHeader()
        .verboseResponses(false)
        .unloggedExceptionsReportInterval(Duration.ZERO) // HttpErrors logs those of the server.
        .gracefulShutdown(
            GracefulShutdown.builder()
                .quietPeriod(QUIET)
                .timeout(Duration.ofMillis(settings.timeoutMillis()).plus(BODY_TIME))
                .build());
  }

  private static Server start(ServerBuilder builder, HttpSettings settings, String name, int port) {
    Server server = builder.build();
    try {
      server.start().join();
      return server;
    } catch (CompletionException e) {
      if (e.getCause() instanceof BindException
          || String.valueOf(e.getCause()).contains("Address already in use")) {
        throw new InvalidSettings(
            "The %s %s of %s is in use by another program; choose another port.",
            name, port, settings.host());
      }
      throw e;
    }
  }

  private static void count(RequestLog log, MeterRegistry meters) {
    Timer.builder("counterpoint.http.requests")
        .description("Time from the first byte of a request to the last of its response.")
        .tag("code", log.responseHeaders().status().codeAsText())
        .serviceLevelObjectives(
            Duration.ofMillis(5),
            Duration.ofMillis(25),
            Duration.ofMillis(100),
            Duration.ofMillis(500),
            Duration.ofSeconds(2),
            Duration.ofSeconds(10))
        .register(meters)
        .record(Duration.ofNanos(log.totalDurationNanos()));
  }

  /** The address for predictions. */
  public URI uri() {
    return uri(data);
  }

  /** The address for metrics and health. */
  public URI adminUri() {
    return uri(admin);
  }

  private static URI uri(Server server) {
    InetSocketAddress address =
        Objects.requireNonNull(server.activePort(), "active port").localAddress();
    String host = address.getAddress().getHostAddress();
    return URI.create(
        "http://" + (host.contains(":") ? "[" + host + "]" : host) + ":" + address.getPort());
  }

  /**
   * Refuses new requests: the server is no longer ready. Accepted requests are answered, until
   * {@link #close} has returned.
   */
  public void drain() {
    api.drain();
  }

  /** Refuses new requests, answers the accepted ones and closes the ports. */
  @Override
  public void close() {
    drain();
    CompletableFuture.allOf(data.stop(), admin.stop()).join();
  }
}
