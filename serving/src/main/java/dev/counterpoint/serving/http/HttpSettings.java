package dev.counterpoint.serving.http;

import dev.counterpoint.core.settings.Checks;
import dev.counterpoint.core.settings.InvalidSettings;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Address, limits and access of an HTTP server.
 *
 * @param host an address or its name; one that is not a loopback address requires {@code tls} and
 *     {@code tokens}
 * @param port the port for predictions; 0 for any free port
 * @param adminPort the port for administration and metrics; 0 for any free port, null for the one
 *     after {@code port}
 * @param maxBodyBytes the maximum size of a request body, also after it is decompressed
 * @param maxConnections the maximum number of connections
 * @param maxRequests the maximum number of requests that are answered at the same time
 * @param timeoutMillis the time after which a request without a prediction fails
 * @param drainMillis the time after a request to stop in which the server is not ready, but answers
 *     new requests; a load balancer must notice it meanwhile
 * @param tls how connections are encrypted; null if they are not
 * @param tokens the tokens that give access, by the name of their bearer, which is logged; with
 *     none every request has access
 */
public record HttpSettings(
    String host,
    int port,
    @Nullable Integer adminPort,
    int maxBodyBytes,
    int maxConnections,
    int maxRequests,
    int timeoutMillis,
    int drainMillis,
    @Nullable Tls tls,
    Map<String, AccessToken> tokens) {
  private static final int MAX_PORT = 65_535;
  private static final int BODY = 1 << 20;
  private static final Duration BODY_TIME = Duration.ofSeconds(5);
  private static final int MAX_CONNECTIONS = 1_024;
  private static final int MAX_REQUESTS = 256;

  public HttpSettings {
    tokens = Map.copyOf(tokens);
    new Checks()
        .within("port", port, 0, adminPort == null ? MAX_PORT - 1 : MAX_PORT)
        .within("adminPort", adminPort, 0, MAX_PORT)
        .that(
            port == 0 || !Integer.valueOf(port).equals(adminPort),
            "adminPort",
            port,
            "must differ from port")
        .positive("maxBodyBytes", maxBodyBytes)
        .positive("maxConnections", maxConnections)
        .positive("maxRequests", maxRequests)
        .positive("timeoutMillis", timeoutMillis)
        .notNegative("drainMillis", drainMillis)
        .verify();
    if (!address(host).isLoopbackAddress() && (tls == null || tokens.isEmpty())) {
      throw new InvalidSettings(
          "The host %s is not a loopback address, such as 127.0.0.1. Other hosts require tls and"
              + " tokens in the http settings of the serve file, which has %s.",
          host, tls != null ? "no tokens" : tokens.isEmpty() ? "neither tls nor tokens" : "no tls");
    }
  }

  /** Bodies of 1 MiB, 1,024 connections, 256 requests, timeout 30 s, no TLS, no tokens. */
  public static HttpSettings of(String host, int port, @Nullable Integer adminPort) {
    return new HttpSettings(
        host,
        port,
        adminPort,
        BODY,
        MAX_CONNECTIONS,
        MAX_REQUESTS,
        (int) Duration.ofSeconds(30).toMillis(),
        0,
        null,
        Map.of());
  }

  /** Port 8080 and, for administration, 8081 on 127.0.0.1. */
  public static HttpSettings defaults() {
    return of("127.0.0.1", 8080, null);
  }

  /** The port for administration and metrics; 0 for any free port. */
  int admin() {
    return adminPort != null ? adminPort : port == 0 ? 0 : port + 1;
  }

  /** The maximum time of a request, including the time in which its body arrives. */
  Duration requestTime() {
    return Duration.ofMillis(timeoutMillis).plus(BODY_TIME);
  }

  /** The address of the host. */
  InetAddress address() {
    return address(host);
  }

  private static InetAddress address(String host) {
    try {
      return InetAddress.getByName(host);
    } catch (UnknownHostException e) {
      throw new InvalidSettings("The host \"%s\" is unknown.", host);
    }
  }
}
