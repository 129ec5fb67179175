package dev.counterpoint.models.internal.hub;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;

/**
 * Local server with the paths of the hub: HEAD and GET of {@code /NAME/resolve/REVISION/FILE}.
 * Large files are redirected to another host and small ones, if configured, to another path of the
 * hub.
 */
final class LoopbackHub implements AutoCloseable {
  static final String COMMIT = "0123456789abcdef0123456789abcdef01234567";

  /** The requests received, such as {@code GET model.safetensors bytes=100-}. */
  final List<String> requests = new CopyOnWriteArrayList<>();

  /** Numbers of bytes after which connections are dropped, each used once. */
  final Map<String, List<Integer>> drops = new ConcurrentHashMap<>();

  /** Contents sent instead of a file, each used once. */
  final Map<String, List<byte[]>> damaged = new ConcurrentHashMap<>();

  @Nullable String token;
  @Nullable String error;

  /** Whether small files are redirected to another path of the hub. */
  boolean caches;

  private final Map<String, byte[]> files = new TreeMap<>();
  private final HttpServer hub;
  private final HttpServer store;
  private final ExecutorService threads = Executors.newCachedThreadPool();

  LoopbackHub() {
    hub = server(this::answer);
    store = server(exchange -> send(exchange, exchange.getRequestURI().getPath().substring(7)));
  }

  /** Handles a request. */
  private interface Handler {
    void handle(HttpExchange exchange) throws IOException;
  }

  private HttpServer server(Handler answer) {
    try {
      HttpServer server =
          HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
      server.setExecutor(threads);
      server.createContext(
          "/",
          exchange -> {
            try (exchange) {
              answer.handle(exchange);
            }
          });
      server.start();
      return server;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  LoopbackHub with(String file, byte[] content) {
    files.put(file, content);
    return this;
  }

  LoopbackHub with(String file, String content) {
    return with(file, content.getBytes(StandardCharsets.UTF_8));
  }

  URI endpoint() {
    return URI.create("http://localhost:" + hub.getAddress().getPort());
  }

  private void answer(HttpExchange exchange) throws IOException {
    String requestPath = exchange.getRequestURI().getPath();
    String path =
        requestPath.replace("/api/resolve-cache/models/owner/tiny/", "/owner/tiny/resolve/");
    String[] parts = path.split("/resolve/", 2);
    if (error != null || !parts[0].equals("/owner/tiny")) {
      String[] statusAndCode = (error == null ? "401 RepoNotFound" : error).split(" ");
      exchange.getResponseHeaders().set("x-error-code", statusAndCode[1]);
      exchange.sendResponseHeaders(Integer.parseInt(statusAndCode[0]), -1);
      return;
    }
    String authorization = exchange.getRequestHeaders().getFirst("Authorization");
    if (token != null && !("Bearer " + token).equals(authorization)) {
      exchange.sendResponseHeaders(401, -1);
      return;
    }
    String file = parts[1].substring(parts[1].indexOf('/') + 1);
    byte[] content = files.get(file);
    exchange.getResponseHeaders().set("x-repo-commit", COMMIT);
    if (content == null) {
      exchange.getResponseHeaders().set("x-error-code", "EntryNotFound");
      requests.add(exchange.getRequestMethod() + " " + file);
      exchange.sendResponseHeaders(404, -1);
    } else if (file.endsWith(".safetensors")) {
      exchange.getResponseHeaders().set("x-linked-etag", '"' + hash("SHA-256", "", content) + '"');
      exchange.getResponseHeaders().set("x-linked-size", Integer.toString(content.length));
      exchange
          .getResponseHeaders()
          .set("location", "http://127.0.0.1:" + store.getAddress().getPort() + "/store/" + file);
      exchange.sendResponseHeaders(302, -1);
    } else if (caches && requestPath.equals(path)) {
      byte[] text = ("Temporary Redirect. " + ".".repeat(242)).getBytes(StandardCharsets.UTF_8);
      String cached = "/api/resolve-cache/models/owner/tiny/" + COMMIT + "/" + file;
      exchange.getResponseHeaders().set("location", cached);
      if (exchange.getRequestMethod().equals("HEAD")) {
        exchange.getResponseHeaders().set("content-length", Integer.toString(text.length));
        exchange.sendResponseHeaders(307, -1);
      } else {
        exchange.sendResponseHeaders(307, text.length);
        exchange.getResponseBody().write(text);
      }
    } else {
      String etag = hash("SHA-1", "blob " + content.length + "\0", content);
      exchange.getResponseHeaders().set("etag", '"' + etag + '"');
      send(exchange, file);
    }
  }

  private void send(HttpExchange exchange, String file) throws IOException {
    String range = exchange.getRequestHeaders().getFirst("Range");
    String method = exchange.getRequestMethod();
    requests.add(method + " " + file + (range == null ? "" : " " + range));
    if (exchange.getRequestURI().getPath().startsWith("/store/")
        && exchange.getRequestHeaders().containsKey("Authorization")) {
      exchange.sendResponseHeaders(400, -1); // The token was sent to a redirect target.
      return;
    }
    byte[] content = next(damaged, file, files.get(file));
    int start = range == null ? 0 : Integer.parseInt(range.replaceAll("\\D", ""));
    if (start > content.length) {
      exchange.sendResponseHeaders(416, -1);
      return;
    }
    int length = content.length - start;
    if (method.equals("HEAD")) {
      exchange.getResponseHeaders().set("content-length", Integer.toString(length));
      exchange.sendResponseHeaders(200, -1);
      return;
    }
    int end = Math.min(content.length, start + next(drops, file, length));
    exchange.sendResponseHeaders(range == null ? 200 : 206, length);
    exchange.getResponseBody().write(Arrays.copyOfRange(content, start, end));
    exchange.getResponseBody().flush();
  }

  private static <T> T next(Map<String, List<T>> queues, String file, T defaultValue) {
    List<T> queue = queues.getOrDefault(file, List.of());
    return queue.isEmpty() ? defaultValue : queue.remove(0);
  }

  private static String hash(String algorithm, String prefix, byte[] content) {
    try {
      MessageDigest digest = MessageDigest.getInstance(algorithm);
      digest.update(prefix.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest.digest(content));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    hub.stop(0);
    store.stop(0);
    threads.shutdownNow();
  }
}
