package dev.counterpoint.serving.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.counterpoint.core.internal.storage.Sha256;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.inference.Pipeline;
import dev.counterpoint.serving.LoadedModels;
import dev.counterpoint.serving.feature.FeatureStore;
import dev.counterpoint.serving.http.AccessToken.Scope;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.Key;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tokens, TLS and the access log of a server. */
@Timeout(120)
final class AccessTest {
  private static final Map<String, AccessToken> TOKENS =
      Map.of(
          "shop", token("infer-token", Scope.INFER),
          "operator", token("admin-token", Scope.INFER, Scope.ADMIN),
          "prometheus", token("metrics-token", Scope.METRICS));
  private static final String BODY = "{\"text\": \"a fine film\"}";

  private static final LoadedModels MODELS = new LoadedModels();
  private static final BlockingQueue<String> LINES = new LinkedBlockingQueue<>();
  private static HttpServer server;
  private static HttpServer open; // without tokens

  private final HttpClient client = HttpClient.newHttpClient();

  private static AccessToken token(String token, Scope... scopes) {
    byte[] hash = Sha256.begin().digest(token.getBytes(StandardCharsets.UTF_8));
    return new AccessToken(java.util.HexFormat.of().formatHex(hash), List.of(scopes));
  }

  @BeforeAll
  static void start() throws IOException {
    MODELS.add(
        "sentiment", Pipeline.open(Path.of("../runner/src/test/resources/fixtures/finished")));
    server = start(settings("127.0.0.1", null, TOKENS));
    open = start(settings("127.0.0.1", null, Map.of()));
  }

  @AfterAll
  static void stop() {
    server.close();
    open.close();
    MODELS.close();
  }

  private static HttpServer start(HttpSettings settings) {
    return HttpServer.start(
        MODELS,
        FeatureStore.none(),
        settings,
        new PrometheusMeterRegistry(PrometheusConfig.DEFAULT),
        LINES::add);
  }

  private static HttpSettings settings(String host, Tls tls, Map<String, AccessToken> tokens) {
    return new HttpSettings(host, 0, 0, 10_000, 64, 64, 20_000, 0, tls, tokens);
  }

  @ParameterizedTest
  @CsvSource({
    "infer-token, 200, 200, 403, 404, 403",
    "admin-token, 200, 200, 403, 404, 200",
    "metrics-token, 403, 403, 200, 403, 403",
    "other-token, 401, 401, 401, 401, 401",
    "'', 401, 401, 401, 401, 401",
  })
  void eachPathRequiresATokenWithItsScope(
      String token, int predict, int metadata, int metrics, int unknown, int admin)
      throws Exception {
    HttpRequest.Builder request =
        to(server.uri(), "/predict/sentiment").header("content-type", "application/json");

    assertThat(status(request.POST(HttpRequest.BodyPublishers.ofString(BODY)), token))
        .isEqualTo(predict);
    assertThat(status(to(server.uri(), "/v2/models/sentiment"), token)).isEqualTo(metadata);
    assertThat(status(to(server.adminUri(), "/metrics"), token)).isEqualTo(metrics);
    URI onAdmin = server.adminUri();
    assertThat(status(request.uri(onAdmin.resolve("/predict/sentiment")), token))
        .isEqualTo(predict);
    assertThat(status(request.uri(onAdmin.resolve("/v2/repository/index")), token))
        .isEqualTo(admin);
    assertThat(status(to(server.uri(), "/nothing"), token)).isEqualTo(unknown);
  }

  @ParameterizedTest
  @CsvSource({"/v2", "/v2/health/live", "/v2/health/ready"})
  void probesNeedNoToken(String path) throws Exception {
    assertThat(status(to(server.uri(), path), "")).isEqualTo(200);
    assertThat(status(to(server.adminUri(), "/healthz"), "")).isEqualTo(200);
  }

  @Test
  void aResponseWithoutATokenNamesTheSchemeAndNotTheBearers() throws Exception {
    HttpResponse<String> response = send(to(server.uri(), "/v2/models/sentiment"), "");

    assertThat(response.headers().firstValue("www-authenticate")).hasValue("Bearer");
    assertThat(response.body()).contains("Bearer TOKEN").doesNotContain("shop", "operator");
  }

  @Test
  void eachRequestIsALineWithItsBearerAndItsTraceAndWithoutItsContent() throws Exception {
    String trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    LINES.clear();
    HttpResponse<String> response =
        send(
            to(server.uri(), "/predict/sentiment")
                .header("content-type", "application/json")
                .header("traceparent", trace)
                .POST(HttpRequest.BodyPublishers.ofString(BODY)),
            "infer-token");

    assertThat(response.headers().firstValue("traceparent")).hasValue(trace);
    String text = LINES.poll(20, TimeUnit.SECONDS);
    JsonNode line = new JsonMapper().readTree(text);
    assertThat(text).doesNotContain("\n", "fine film", "infer-token");
    assertThat(line.path("bearer").textValue()).isEqualTo("shop");
    assertThat(line.path("path").textValue()).isEqualTo("/predict/sentiment");
    assertThat(line.path("status").intValue()).isEqualTo(200);
    assertThat(line.path("trace").textValue()).isEqualTo("4bf92f3577b34da6a3ce929d0e0e4736");
    assertThat(line.path("requestBytes").intValue()).isEqualTo(BODY.length());
    assertThat(line.path("milliseconds").doubleValue()).isPositive();
  }

  @ParameterizedTest
  @CsvSource({
    "evil.example, , 403",
    "evil.example:8081, , 403",
    "127.0.0.1:8081, http://evil.example, 403",
    "127.0.0.1:8081, http://127.0.0.1:3000, 403",
    "127.0.0.1:8081, null, 403",
    "127.0.0.1:8081, http://127.0.0.1:8081, 200",
    "localhost, , 200",
    "127.0.0.1:8081, , 200",
    "[::1]:8081, , 200"
  })
  void aPageOfAnotherSiteHasNoAccess(String host, String origin, int status) throws Exception {
    for (URI uri : List.of(open.uri(), open.adminUri())) {
      try (Socket socket = new Socket("127.0.0.1", uri.getPort())) {
        String request =
            "POST /predict/sentiment HTTP/1.1\r\nhost: "
                + host
                + (origin == null ? "" : "\r\norigin: " + origin)
                + "\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: "
                + BODY.length()
                + "\r\n\r\n"
                + BODY;
        socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
        String response =
            new String(socket.getInputStream().readNBytes(12), StandardCharsets.US_ASCII);

        assertThat(response).isEqualTo("HTTP/1.1 " + status);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "GET /v2 HTTP/1.1\r\nx: ",
        "POST /predict/sentiment HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer infer-token\r\n"
            + "content-type: application/json\r\ncontent-length: 100\r\n\r\n{"
      })
  void connectionsWithoutWholeRequestsDoNotLockOutOthers(String start) throws Exception {
    HttpSettings few = new HttpSettings("127.0.0.1", 0, 0, 10_000, 20, 64, 20_000, 0, null, TOKENS);
    List<Socket> idle = new ArrayList<>();
    try (HttpServer other = start(few)) {
      for (int i = 0; i < 60; i++) {
        Socket socket = new Socket("127.0.0.1", other.uri().getPort());
        socket.getOutputStream().write(start.getBytes(StandardCharsets.US_ASCII));
        idle.add(socket);
      }

      for (int i = 0; i < 30; i++) {
        HttpClient one = HttpClient.newHttpClient();
        assertThat(
                one.send(to(other.uri(), "/v2/health/live").build(), BodyHandlers.ofString())
                    .statusCode())
            .isEqualTo(200);
      }
    } finally {
      for (Socket socket : idle) {
        socket.close();
      }
    }
  }

  @Test
  void changesOnTheAdminPortAreLoggedAndRoutineReadsAreNot() throws Exception {
    LINES.clear();
    send(to(server.adminUri(), "/metrics"), "metrics-token");
    send(to(server.adminUri(), "/metrics"), "other-token");
    send(
        to(server.adminUri(), "/v2/repository/models/a/unload")
            .POST(HttpRequest.BodyPublishers.noBody()),
        "admin-token");

    JsonNode refused = new JsonMapper().readTree(LINES.poll(20, TimeUnit.SECONDS));
    JsonNode change = new JsonMapper().readTree(LINES.poll(20, TimeUnit.SECONDS));
    assertThat(refused.path("status").intValue()).isEqualTo(401);
    assertThat(change.path("bearer").textValue()).isEqualTo("operator");
    assertThat(change.path("path").textValue()).endsWith("/a/unload");
  }

  @Test
  void otherAddressesRequireTlsAndTokens() {
    Tls upstream = new Tls.TerminatedUpstream();
    assertThatThrownBy(() -> settings("0.0.0.0", null, TOKENS))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("0.0.0.0");
    assertThatThrownBy(() -> settings("0.0.0.0", upstream, Map.of()))
        .isInstanceOf(InvalidSettings.class);
    try (HttpServer other = start(settings("0.0.0.0", upstream, TOKENS))) {
      assertThat(other.uri().getScheme()).isEqualTo("http");
    }
  }

  @Test
  void tlsEncryptsBothPortsAndServesBothVersionsOfHttp(@TempDir Path folder) throws Exception {
    KeyStore store = keyStore(folder);
    Tls tls = pem(folder, store);
    TrustManagerFactory trust =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(store);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, trust.getTrustManagers(), null);

    try (HttpServer encrypted = start(settings("127.0.0.1", tls, TOKENS))) {
      assertThat(encrypted.uri().getScheme()).isEqualTo("https");
      for (HttpClient.Version version : HttpClient.Version.values()) {
        HttpClient other = HttpClient.newBuilder().sslContext(context).version(version).build();
        HttpResponse<String> live =
            other.send(to(encrypted.uri(), "/v2/health/live").build(), BodyHandlers.ofString());

        assertThat(live.statusCode()).isEqualTo(200);
        assertThat(live.version()).isEqualTo(version);
        assertThat(
                other
                    .send(to(encrypted.adminUri(), "/healthz").build(), BodyHandlers.ofString())
                    .statusCode())
            .isEqualTo(200);
      }
    }
  }

  @Test
  void unusableCertificateIsNamed(@TempDir Path folder) throws Exception {
    Path text = Files.writeString(folder.resolve("cert.pem"), "no certificate");
    Tls tls = new Tls.Pem(text.toString(), text.toString());

    assertThatThrownBy(() -> start(settings("127.0.0.1", tls, TOKENS)))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining(text.toString());
    assertThatThrownBy(
            () -> start(settings("127.0.0.1", new Tls.Pem("none.pem", "none.pem"), TOKENS)))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("none.pem");
  }

  private static KeyStore keyStore(Path folder) throws Exception {
    Path file = folder.resolve("store.p12");
    Process keytool =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-alias",
                "server",
                "-keyalg",
                "EC",
                "-dname",
                "CN=localhost",
                "-ext",
                "san=ip:127.0.0.1,dns:localhost",
                "-storetype",
                "PKCS12",
                "-storepass",
                "changeit",
                "-keystore",
                file.toString())
            .redirectErrorStream(true)
            .start();
    assertThat(keytool.waitFor()).isZero();
    KeyStore store = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(file)) {
      store.load(in, "changeit".toCharArray());
    }
    return store;
  }

  private static Tls pem(Path folder, KeyStore store) throws Exception {
    Key key = store.getKey("server", "changeit".toCharArray());
    store.setCertificateEntry("trusted", store.getCertificate("server"));
    return new Tls.Pem(
        write(folder.resolve("c.pem"), "CERTIFICATE", store.getCertificate("server").getEncoded()),
        write(folder.resolve("k.pem"), "PRIVATE KEY", key.getEncoded()));
  }

  private static String write(Path file, String type, byte[] content) throws IOException {
    String encoded = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(content);
    String text = "-----BEGIN " + type + "-----\n" + encoded + "\n-----END " + type + "-----\n";
    return Files.writeString(file, text).toString();
  }

  private static HttpRequest.Builder to(URI uri, String path) {
    return HttpRequest.newBuilder(uri.resolve(path));
  }

  private int status(HttpRequest.Builder request, String token) throws Exception {
    return send(request, token).statusCode();
  }

  private HttpResponse<String> send(HttpRequest.Builder request, String token) throws Exception {
    if (!token.isEmpty()) {
      request.setHeader("authorization", "Bearer " + token);
    }
    return client.send(request.build(), BodyHandlers.ofString());
  }
}
