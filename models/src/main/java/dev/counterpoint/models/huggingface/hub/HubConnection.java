package dev.counterpoint.models.huggingface.hub;

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
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongSupplier;

/** Requests to the hub: its token, its redirects, its refusals. */
final class HubConnection {
  private static final Duration CONNECT = Duration.ofSeconds(15);
  private static final int MOST_REDIRECTS = 10;

  private final HubAccess access;
  private final HttpClient client =
      HttpClient.newBuilder()
          .connectTimeout(CONNECT)
          .followRedirects(HttpClient.Redirect.NEVER) // A token would follow.
          .build();

  HubConnection(HubAccess access) {
    this.access = access;
  }

  /** The hub, or what it redirects to, could not be spoken to. */
  static final class Unreachable extends IOException {
    private static final long serialVersionUID = 1L;

    Unreachable(String message, Throwable cause) {
      super(message, cause);
    }
  }

  /**
   * A file as the hub describes it.
   *
   * @param commit that the revision stands at
   * @param etag SHA-256 of a large file, git's hash of a small one
   * @param size in bytes; 0 where the hub does not say
   */
  record Description(String commit, String etag, long size) {}

  /**
   * Asks about a file. A small one the hub may redirect within itself: what is there tells of it. A
   * large one it redirects to another host, and tells of itself; that is not asked.
   *
   * @return empty where the revision has no such file
   * @throws InvalidSettings where the hub refuses the model
   * @throws Unreachable where it cannot be asked
   */
  Optional<Description> describe(HubName name, String file) throws IOException {
    URI address = URI.create(access.endpoint() + name.path(file));
    String commit = name.revision();
    for (int i = 0; i < MOST_REDIRECTS; i++) {
      HttpResponse<Void> response =
          send(request(address).method("HEAD", HttpRequest.BodyPublishers.noBody()).build());
      int status = response.statusCode();
      HttpHeaders headers = response.headers();
      commit = commit(headers).orElse(commit);
      Optional<URI> next = headers.firstValue("location").map(address::resolve);
      boolean moved = status / 100 == 3 && next.isPresent();
      if (moved && tellsOfFile(headers, next.get())) {
        return Optional.of(description(commit, headers, 0));
      } else if (moved) {
        address = next.get();
      } else if (status == 200) {
        long size = headers.firstValueAsLong("content-length").orElse(0);
        return Optional.of(description(commit, headers, size));
      } else if (status == 404 && isMissingFile(headers)) {
        return Optional.empty();
      } else {
        throw refusal(name, status, headers);
      }
    }
    throw new IOException(name + " is redirected without end.");
  }

  /** Otherwise the model has another name now, or the file lies elsewhere in the hub. */
  private boolean tellsOfFile(HttpHeaders headers, URI next) {
    return commit(headers).isPresent()
        && (headers.firstValue("x-linked-size").isPresent() || !isOfHub(next));
  }

  private static Optional<String> commit(HttpHeaders headers) {
    return headers.firstValue("x-repo-commit").filter(it -> it.matches("[0-9a-f]{7,64}"));
  }

  /** The length of a redirect's own text is not the file's. */
  private static Description description(String commit, HttpHeaders headers, long length) {
    String etag =
        headers.firstValue("x-linked-etag").or(() -> headers.firstValue("etag")).orElse("");
    return new Description(
        commit,
        etag.replaceFirst("^W/", "").replace("\"", ""),
        headers.firstValueAsLong("x-linked-size").orElse(length));
  }

  /** Without a reason it may be a mirror that gives none. */
  private static boolean isMissingFile(HttpHeaders headers) {
    return headers.firstValue("x-error-code").orElse("EntryNotFound").equals("EntryNotFound");
  }

  private RuntimeException refusal(HubName name, int status, HttpHeaders headers) {
    String code = headers.firstValue("x-error-code").orElse("");
    String token =
        access.token() == null
            ? "HF_TOKEN, which is not set"
            : "HF_TOKEN (the one that is set does not open it)";
    if (code.equals("RevisionNotFound")) {
      return new InvalidSettings(
          name + " is not on the hub: the model has no revision \"" + name.revision() + "\".");
    }
    if (code.equals("GatedRepo") || status == 403) {
      return new InvalidSettings(
          name
              + " may not be read: its owner lets only those in who accept the terms on its page,"
              + " and who show it with a token in "
              + token
              + ".");
    }
    if (status == 401 || status == 404) {
      return new InvalidSettings(
          name
              + " is not on the hub at "
              + access.endpoint()
              + ", or it is private. Check the name; a private model needs a token in "
              + token
              + ".");
    }
    return new InvalidSettings(
        "The hub at "
            + access.endpoint()
            + " answered "
            + status
            + " when asked for "
            + name
            + ".");
  }

  /**
   * Gets a file, from the hub or from where it redirects.
   *
   * @param from bytes that are there already
   * @param body takes in what comes
   * @param received bytes so far, to notice where no more come
   * @return the status: 206 where it goes on from there, 200 where it begins anew
   */
  int get(HubName name, String file, long from, BodyHandler<Void> body, LongSupplier received)
      throws IOException {
    URI address = URI.create(access.endpoint() + name.path(file));
    for (int i = 0; i < MOST_REDIRECTS; i++) {
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
    throw new IOException(name + " is redirected without end.");
  }

  private HttpRequest.Builder request(URI address) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(address)
            .timeout(access.patience())
            .header("User-Agent", "counterpoint");
    String token = access.token();
    if (token != null && isOfHub(address)) {
      request.header("Authorization", "Bearer " + token);
    }
    return request;
  }

  private boolean isOfHub(URI address) {
    return access.endpoint().getAuthority().equals(address.getAuthority());
  }

  private HttpResponse<Void> send(HttpRequest request) throws IOException {
    return await(request, HttpResponse.BodyHandlers.discarding(), () -> 0);
  }

  /** Waits as long as something comes. */
  private HttpResponse<Void> await(
      HttpRequest request, BodyHandler<Void> body, LongSupplier received) throws IOException {
    CompletableFuture<HttpResponse<Void>> response = client.sendAsync(request, body);
    long before = -1;
    while (true) {
      try {
        return response.get(access.patience().toMillis(), TimeUnit.MILLISECONDS);
      } catch (TimeoutException e) {
        long now = received.getAsLong();
        if (now == before) {
          response.cancel(true);
          throw new Unreachable(request.uri().getHost() + " has stopped sending", e);
        }
        before = now;
      } catch (ExecutionException e) {
        throw unreachable(request, e.getCause() == null ? e : e.getCause());
      } catch (InterruptedException e) {
        response.cancel(true);
        Thread.currentThread().interrupt();
        throw new InterruptedIOException("The download was interrupted.");
      }
    }
  }

  private static IOException unreachable(HttpRequest request, Throwable cause) {
    if (cause instanceof Download.NotWritten disk) {
      return new IOException(disk.getMessage(), disk);
    }
    String host = request.uri().getHost();
    String why;
    if (cause instanceof ConnectException && hasCause(cause, UnresolvedAddressException.class)) {
      why = "the name is not known";
    } else if (cause instanceof ConnectException) {
      why = "it takes no connection";
    } else if (cause instanceof HttpTimeoutException) {
      why = "it does not answer";
    } else {
      why = String.valueOf(cause.getMessage());
    }
    return new Unreachable(host + " cannot be reached (" + why + ")", cause);
  }

  private static boolean hasCause(Throwable failure, Class<?> type) {
    for (Throwable each = failure; each != null; each = each.getCause()) {
      if (type.isInstance(each)) {
        return true;
      }
    }
    return false;
  }
}
