package dev.counterpoint.serving.http;

import dev.counterpoint.core.settings.Checks;
import dev.counterpoint.core.settings.InvalidSettings;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;

/**
 * Address and limits of an HTTP server.
 *
 * @param host a loopback address or its name; others are refused, because there is neither TLS nor
 *     authentication
 * @param port the port for predictions; 0 for any free port
 * @param adminPort the port for metrics; 0 for any free port
 * @param maxBodyBytes the maximum size of a request body, also after it is decompressed
 * @param maxConnections the maximum number of connections
 * @param maxRequests the maximum number of requests that are answered at the same time
 * @param timeoutMillis the time after which a request without a prediction fails
 */
public record HttpSettings(
    String host,
    int port,
    int adminPort,
    int maxBodyBytes,
    int maxConnections,
    int maxRequests,
    int timeoutMillis) {
  private static final int MAX_PORT = 65_535;
  private static final int BODY = 1 << 20;
  private static final int MAX_REQUESTS = 1_024;

  public HttpSettings {
    new Checks()
        .within("port", port, 0, MAX_PORT)
        .within("adminPort", adminPort, 0, MAX_PORT)
        .that(port == 0 || port != adminPort, "adminPort", adminPort, "must differ from port")
        .positive("maxBodyBytes", maxBodyBytes)
        .positive("maxConnections", maxConnections)
        .positive("maxRequests", maxRequests)
        .positive("timeoutMillis", timeoutMillis)
        .verify();
    requireLoopback(address(host), host);
  }

  /** Bodies of 1 MiB, 1,024 connections and requests, 30 seconds. */
  public static HttpSettings of(String host, int port, int adminPort) {
    return new HttpSettings(
        host,
        port,
        adminPort,
        BODY,
        MAX_REQUESTS,
        MAX_REQUESTS,
        (int) Duration.ofSeconds(30).toMillis());
  }

  /** Port 8080 and, for metrics, 8081 on 127.0.0.1. */
  public static HttpSettings defaults() {
    return of("127.0.0.1", 8080, 8081);
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

  private static void requireLoopback(InetAddress address, String host) {
    if (!address.isLoopbackAddress()) {
      throw new InvalidSettings(
          "The host %s is not a loopback address, such as 127.0.0.1. Others are refused, because the"
              + " server has neither TLS nor authentication.",
          host);
    }
  }
}
