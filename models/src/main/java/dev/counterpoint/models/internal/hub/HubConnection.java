package dev.counterpoint.models.internal.hub;

import dev.counterpoint.core.settings.InvalidSettings;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandler;
import java.net.http.HttpTimeoutException;
import java.nio.channels.UnresolvedAddressException;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongSupplier;
import java.util.stream.Stream;

/** HTTP requests to the hub: access token, redirects and error responses. */
final class HubConnection {
  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(15);
  private static final int MAX_REDIRECTS = 10;
  private static final int PROXY_LOGIN_REQUIRED = 407;

  private final HubAccess access;
  private final HttpClient client;

  HubConnection(HubAccess access) {
    this.access = access;
    HttpClient.Builder builder =
        HttpClient.newBuilder()
            .connectTimeout(CONNECT_TIMEOUT)
            .followRedirects(
                HttpClient.Redirect.NEVER); // Redirects are followed without the token.
    if (!access.proxies().isEmpty()) { // otherwise Java's own properties select the proxy
      builder.proxy(access.proxies());
    }
    client = builder.build();
  }

  /** Thrown if the hub, or a server that it redirects to, cannot be reached. */
  static final class Unreachable extends IOException {
    private static final long serialVersionUID = 1L;

    Unreachable(String message, Throwable cause) {
      super(message, cause);
    }
  }

  /**
   * Metadata of a file on the hub.
   *
   * @param commit commit of the revision
   * @param etag SHA-256 of a large file, git hash of a small one
   * @param size size in bytes; 0 if unknown
   */
  record Description(String commit, String etag, long size) {}

  /**
   * Requests the metadata of a file. For a small file the hub may redirect within itself; the
   * metadata is in the response of the target. For a large file it redirects to another host, but
   * sends the metadata itself; that host is not contacted.
   *
   * @return empty if the revision has no such file
   * @throws InvalidSettings if the hub denies access to the model
   * @throws Unreachable if the hub cannot be reached
   */
  Optional<Description> describe(HubName name, String file) throws IOException {
    URI address = URI.create(access.endpoint() + name.path(file));
    String commit = name.revision();
    for (int i = 0; i < MAX_REDIRECTS; i++) {
      HttpRequest head =
          request(address).method("HEAD", HttpRequest.BodyPublishers.noBody()).build();
      HttpResponse<Void> response = await(head, HttpResponse.BodyHandlers.discarding(), () -> 0);
      int status = response.statusCode();
      HttpHeaders headers = response.headers();
      commit = commit(headers).orElse(commit);
      Optional<URI> next = headers.firstValue("location").map(address::resolve);
      boolean redirected = status / 100 == 3 && next.isPresent();
      if (redirected && describesFile(headers, next.get())) {
        return Optional.of(description(commit, headers, 0));
      } else if (redirected) {
        address = next.get();
      } else if (status == 200) {
        long size = headers.firstValueAsLong("content-length").orElse(0);
        return Optional.of(description(commit, headers, size));
      } else if (status == 404 && isMissingFile(headers)) {
        return Optional.empty();
      } else {
        throw error(name, status, headers);
      }
    }
    throw new IOException("Too many redirects for " + name + " (more than " + MAX_REDIRECTS + ").");
  }

  /**
   * Whether the headers of a redirect already have the metadata of the file, such as its size.
   * Otherwise the model was renamed, or the file is at another path of the hub.
   */
  private boolean describesFile(HttpHeaders headers, URI next) {
    return commit(headers).isPresent()
        && (headers.firstValue("x-linked-size").isPresent() || !isHub(next));
  }

  private static Optional<String> commit(HttpHeaders headers) {
    return headers.firstValue("x-repo-commit").filter(it -> it.matches("[0-9a-f]{7,64}"));
  }

  /**
   * Reads metadata from headers.
   *
   * @param length size if the headers do not have it; the content length of a redirect is not that
   *     of the file
   */
  private static Description description(String commit, HttpHeaders headers, long length) {
    String etag =
        headers.firstValue("x-linked-etag").or(() -> headers.firstValue("etag")).orElse("");
    return new Description(
        commit,
        etag.replaceFirst("^W/", "").replace("\"", ""),
        headers.firstValueAsLong("x-linked-size").orElse(length));
  }

  /**
   * Whether the file does not exist. A response without an error code may come from a mirror that
   * sends none.
   */
  private static boolean isMissingFile(HttpHeaders headers) {
    return headers.firstValue("x-error-code").orElse("EntryNotFound").equals("EntryNotFound");
  }

  private RuntimeException error(HubName name, int status, HttpHeaders headers) {
    String code = headers.firstValue("x-error-code").orElse("");
    String token =
        access.token() == null
            ? "HF_TOKEN, which is not set"
            : "HF_TOKEN (the current token does not give access)";
    if (code.equals("RevisionNotFound")) {
      return new InvalidSettings(
          "%s does not exist on the hub: the model has no revision \"%s\".", name, name.revision());
    }
    if (code.equals("GatedRepo") || status == 403) {
      return new InvalidSettings(
          "Access to %s is restricted. Accept the terms on the model's page, and provide a token in %s.",
          name, token);
    }
    if (status == 401 || status == 404) {
      return new InvalidSettings(
          "%s does not exist on the hub at %s, or is private. Check the name; a private model requires a token in %s.",
          name, access.endpoint(), token);
    }
    return new InvalidSettings(
        "The hub at %s returned status %s for %s.", access.endpoint(), status, name);
  }

  /**
   * Downloads a file, from the hub or from the server that it redirects to.
   *
   * @param from number of bytes that already exist
   * @param body receives the content
   * @param received number of bytes so far, to detect a stalled connection
   * @return the status: 206 if the content continues at {@code from}, 200 if it starts at the
   *     beginning
   */
  int get(HubName name, String file, long from, BodyHandler<Void> body, LongSupplier received)
      throws IOException {
    URI address = URI.create(access.endpoint() + name.path(file));
    for (int i = 0; i < MAX_REDIRECTS; i++) {
      HttpRequest.Builder request = request(address).GET();
      if (from > 0) {
        request.header("Range", "bytes=" + from + "-");
      }
      HttpResponse<Void> response = await(request.build(), body, received);
      Optional<String> location = response.headers().firstValue("location");
      if (response.statusCode() / 100 != 3 || location.isEmpty()) {
        return response.statusCode();
      }
      address = address.resolve(location.get());
    }
    throw new IOException("Too many redirects for " + name + " (more than " + MAX_REDIRECTS + ").");
  }

  private HttpRequest.Builder request(URI address) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(address)
            .timeout(access.timeout())
            .header("User-Agent", "counterpoint");
    String token = access.token();
    if (token != null && isHub(address)) {
      request.header("Authorization", "Bearer " + token);
    }
    access
        .proxies()
        .server(address)
        .filter(proxy -> !proxy.login().isEmpty())
        .ifPresent(proxy -> request.header("Proxy-Authorization", proxy.login()));
    return request;
  }

  private boolean isHub(URI address) {
    return access.endpoint().getAuthority().equals(address.getAuthority());
  }

  /** Waits for a response as long as data arrives. */
  private HttpResponse<Void> await(
      HttpRequest request, BodyHandler<Void> body, LongSupplier received) throws IOException {
    CompletableFuture<HttpResponse<Void>> response = client.sendAsync(request, body);
    long lastReceived = -1;
    while (true) {
      try {
        HttpResponse<Void> result =
            response.get(access.timeout().toMillis(), TimeUnit.MILLISECONDS);
        if (result.statusCode() == PROXY_LOGIN_REQUIRED) {
          throw new InvalidSettings(
              "The connection to %s%s was refused: the proxy requires a valid user and password, as in http://USER:PASSWORD@HOST:PORT.",
              request.uri().getHost(), through(request));
        }
        return result;
      } catch (TimeoutException e) {
        long currentlyReceived = received.getAsLong();
        if (currentlyReceived == lastReceived) {
          response.cancel(true);
          throw new Unreachable(request.uri().getHost() + " stopped sending data", e);
        }
        lastReceived = currentlyReceived;
      } catch (ExecutionException e) {
        throw unreachable(request, e.getCause() == null ? e : e.getCause());
      } catch (InterruptedException e) {
        response.cancel(true);
        Thread.currentThread().interrupt();
        throw new InterruptedIOException("The download was interrupted.");
      }
    }
  }

  private String through(HttpRequest request) {
    return access.proxies().server(request.uri()).map(proxy -> " through " + proxy).orElse("");
  }

  private IOException unreachable(HttpRequest request, Throwable cause) {
    if (cause instanceof Download.NotWritten disk) {
      return new IOException(disk.getMessage(), disk);
    }
    boolean isUnknown =
        Stream.iterate(cause, Objects::nonNull, Throwable::getCause)
            .anyMatch(UnresolvedAddressException.class::isInstance);
    String reason =
        cause instanceof ConnectException
            ? (isUnknown ? "unknown host" : "connection refused")
            : cause instanceof HttpTimeoutException
                ? "timeout"
                : String.valueOf(cause.getMessage());
    return new Unreachable(
        "%s cannot be reached%s (%s)".formatted(request.uri().getHost(), through(request), reason),
        cause);
  }
}
