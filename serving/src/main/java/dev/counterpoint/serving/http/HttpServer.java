package dev.counterpoint.serving.http;

import com.linecorp.armeria.common.Flags;
import com.linecorp.armeria.common.util.EventLoopGroups;
import com.linecorp.armeria.common.util.ThreadFactories;
import com.linecorp.armeria.common.util.TransportType;
import com.linecorp.armeria.server.GracefulShutdown;
import com.linecorp.armeria.server.Server;
import com.linecorp.armeria.server.ServerBuilder;
import com.linecorp.armeria.server.ServerPort;
import com.linecorp.armeria.server.logging.AccessLogWriter;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.serving.ModelRegistry;
import dev.counterpoint.serving.feature.FeatureStore;
import dev.counterpoint.serving.http.AccessToken.Scope;
import io.micrometer.core.instrument.composite.CompositeMeterRegistry;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.util.concurrent.Future;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Serves the models of a registry over HTTP/1.1 and HTTP/2: predictions on one port, metrics and
 * health on another.
 */
public final class HttpServer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(HttpServer.class);
  private static final Duration IDLE = Duration.ofSeconds(60);
  private static final int MAX_HEADERS = 16 * 1_024;
  private static final int MAX_STREAMS = 128;

  /** The connections above the limit that may open while idle ones are closed. */
  private static final int CLOSING = 64;

  /** The maximum time to send responses after all accepted requests are answered. */
  private static final Duration SENDING = Duration.ofSeconds(1);

  /** The time without a request after which a drained server stops. */
  private static final Duration QUIET = Duration.ofMillis(200);

  private final DataApi api;
  private final int drainMillis;
  private final Server data;
  private final Server admin;
  private final AccessLog log;

  private HttpServer(DataApi api, int drainMillis, Server data, Server admin, AccessLog log) {
    this.log = log;
    this.api = api;
    this.drainMillis = drainMillis;
    this.data = data;
    this.admin = admin;
  }

  /** Starts a server without a feature store, which logs each request at level INFO. */
  public static HttpServer start(
      ModelRegistry models, HttpSettings settings, PrometheusMeterRegistry meters) {
    return start(models, FeatureStore.none(), settings, meters, LOG::info);
  }

  /**
   * Starts a server.
   *
   * @param models stay open until the server is closed
   * @param features stays open until the server is closed
   * @param access receives a line of JSON for each request
   * @throws InvalidSettings if a port is in use, or the certificate cannot be used
   */
  public static HttpServer start(
      ModelRegistry models,
      FeatureStore features,
      HttpSettings settings,
      PrometheusMeterRegistry meters,
      Consumer<String> access) {
    AccessLog log = new AccessLog(access, meters);
    DataApi api = new DataApi(models, features, settings);
    ServerBuilder data = builder(settings, settings.port());
    data.decorator(new Authorization(settings.tokens(), Scope.INFER, DataApi.scopes()));
    data.decorator(new RequestLogs(meters, log::add, true));
    api.addTo(data);
    ServerBuilder admin = builder(settings, settings.admin());
    Map<String, @Nullable Scope> scopes = AdminApi.scopes();
    scopes.put(DataApi.PREDICT, Scope.INFER);
    admin.decorator(new Authorization(settings.tokens(), Scope.ADMIN, scopes));
    admin.decorator(new RequestLogs(new CompositeMeterRegistry(), log::add, false));
    new AdminApi(models, meters).addTo(admin);
    api.addPredictTo(admin); // For the status page.
    Server dataServer = start(data, settings, "port", settings.port());
    try {
      return new HttpServer(
          api,
          settings.drainMillis(),
          dataServer,
          start(admin, settings, "admin port", settings.admin()),
          log);
    } catch (RuntimeException | Error e) {
      dataServer.stop().join();
      throw e;
    }
  }

  private static ServerBuilder builder(HttpSettings settings, int port) {
    Connections connections = new Connections(settings.maxConnections());
    ServerBuilder server = Server.builder();
    InetSocketAddress address = new InetSocketAddress(settings.address(), port);
    if (settings.tls() != null && settings.tls().configure(server)) {
      server.https(address);
    } else {
      server.http(address);
    }
    return server
        .errorHandler(new HttpErrors(settings.maxBodyBytes()))
        .accessLogWriter(AccessLogWriter.disabled(), false)
        .bossGroupFactory(HttpServer::acceptors)
        .blockingTaskExecutor(Runtime.getRuntime().availableProcessors() + 1)
        .maxRequestLength(settings.maxBodyBytes())
        .childChannelPipelineCustomizer(connections::observe)
        .maxNumConnections(settings.maxConnections() + CLOSING)
        .requestTimeout(settings.requestTime())
        .idleTimeout(IDLE)
        .http1MaxHeaderSize(MAX_HEADERS)
        .http1MaxInitialLineLength(MAX_HEADERS)
        .http2MaxHeaderListSize(MAX_HEADERS)
        .http2MaxStreamsPerConnection(MAX_STREAMS)
        .meterRegistry(new CompositeMeterRegistry()) // Its own meters have no bounds on tags.
        .disableServerHeader()
        .verboseResponses(false)
        .unloggedExceptionsReportInterval(Duration.ZERO) // HttpErrors logs those of the server.
        .gracefulShutdown(GracefulShutdown.builder().quietPeriod(QUIET).timeout(SENDING).build());
  }

  /** The thread that accepts connections. By default a server waits two seconds until it ends. */
  private static EventLoopGroup acceptors(String name) {
    if (Flags.transportType() != TransportType.NIO) {
      return EventLoopGroups.newEventLoopGroup(1, name);
    }
    return new MultiThreadIoEventLoopGroup(
        1, ThreadFactories.newThreadFactory(name, false), NioIoHandler.newFactory()) {
      @Override
      public Future<?> shutdownGracefully() {
        return shutdownGracefully(0, SENDING.toMillis(), TimeUnit.MILLISECONDS);
      }
    };
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

  /** The address for predictions. */
  public URI uri() {
    return uri(data);
  }

  /** The address for metrics and health. */
  public URI adminUri() {
    return uri(admin);
  }

  private static URI uri(Server server) {
    ServerPort port = Objects.requireNonNull(server.activePort(), "active port");
    InetAddress address = port.localAddress().getAddress();
    String host = address.isAnyLocalAddress() ? "localhost" : address.getHostAddress();
    return URI.create(
        "%s://%s:%s"
            .formatted(
                port.hasTls() ? "https" : "http",
                host.contains(":") ? "[" + host + "]" : host,
                port.localAddress().getPort()));
  }

  /**
   * The server is no longer ready. After {@code drainMillis} it refuses new requests. Requests
   * whose bodies have arrived are answered, until {@link #close} has returned.
   */
  public void drain() {
    api.unready();
    if (drainMillis == 0) {
      api.drain();
    }
  }

  /** Refuses new requests, answers those whose bodies have arrived, and closes the ports. */
  @Override
  public void close() {
    api.unready();
    try {
      Thread.sleep(drainMillis);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    api.drain();
    api.awaitAnswers();
    CompletableFuture.allOf(data.stop(), admin.stop()).join();
    log.close();
  }
}
