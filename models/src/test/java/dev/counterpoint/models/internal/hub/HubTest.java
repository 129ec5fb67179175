package dev.counterpoint.models.internal.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.models.huggingface.PretrainedFolder;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Downloads from a local server with the paths of the hub. */
class HubTest {
  private static final String NAME = "owner/tiny";
  private static final Duration TIMEOUT = Duration.ofSeconds(20);

  @TempDir Path cache;

  private final LoopbackHub server = new LoopbackHub();
  private final byte[] weights = new byte[300_000];
  private final List<String> messages = new ArrayList<>();

  HubTest() {
    new Random(1).nextBytes(weights);
    server
        .with("config.json", "{\"model_type\": \"bert\"}")
        .with("model.safetensors", weights)
        .with("vocab.txt", "[PAD]\n");
  }

  @AfterEach
  void close() {
    server.close();
  }

  @Test
  void modelIsDownloadedToAFolderOfItsCommit() throws IOException {
    Path folder = hub().folder(NAME);

    assertThat(folder).isEqualTo(cache.resolve("owner--tiny").resolve(LoopbackHub.COMMIT));
    assertThat(names(folder))
        .containsExactly("config.json", "model.safetensors", "origin.json", "vocab.txt");
    assertThat(Files.readAllBytes(folder.resolve("model.safetensors"))).isEqualTo(weights);
    assertThat(PretrainedFolder.of(folder).name()).isEqualTo("hf:owner/tiny@" + LoopbackHub.COMMIT);
  }

  @Test
  void redirectWithinTheHubIsFollowedForMetadata() throws IOException {
    server.caches = true;
    server.token = "hf_secret";

    Path folder = hub(server.endpoint(), "hf_secret").folder(NAME);

    assertThat(folder).isEqualTo(cache.resolve("owner--tiny").resolve(LoopbackHub.COMMIT));
    assertThat(folder.resolve("config.json")).hasContent("{\"model_type\": \"bert\"}");
    assertThat(folder.resolve("vocab.txt")).hasContent("[PAD]");
    assertThat(messages).noneMatch(line -> line.contains("damaged"));
  }

  @Test
  void cachedModelIsNotDownloadedAgain() throws IOException {
    hub().folder(NAME);
    server.requests.clear();

    hub().folder(NAME);

    assertThat(server.requests).containsExactly("HEAD config.json");
  }

  @Test
  void cachedModelNeedsNoNetwork() throws IOException {
    Path folder = hub().folder(NAME);
    server.close();

    assertThat(hub().folder(NAME)).isEqualTo(folder);
    assertThat(messages).last().asString().contains("localhost").contains(LoopbackHub.COMMIT);
    messages.clear();
    assertThat(hub().folder(NAME + "@" + LoopbackHub.COMMIT)).isEqualTo(folder);
    assertThat(offline().folder(NAME)).isEqualTo(folder);
    assertThat(messages).isEmpty();
  }

  @Test
  void droppedConnectionIsResumed() throws IOException {
    server.drops.put("model.safetensors", new ArrayList<>(List.of(100_000, 50_000)));

    Path folder = hub().folder(NAME);

    assertThat(Files.readAllBytes(folder.resolve("model.safetensors"))).isEqualTo(weights);
    assertThat(server.requests.stream().filter(it -> it.startsWith("GET model")))
        .containsExactly(
            "GET model.safetensors",
            "GET model.safetensors bytes=100000-",
            "GET model.safetensors bytes=150000-");
  }

  @Test
  void interruptedDownloadIsResumedByTheNextRun() throws IOException {
    server.drops.put("model.safetensors", new ArrayList<>(List.of(100_000, 0, 0, 0)));
    assertThatThrownBy(() -> hub().folder(NAME))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("model.safetensors of hf:owner/tiny")
        .hasMessageContaining("100000 bytes");
    server.requests.clear();

    Path folder = hub().folder(NAME);

    assertThat(Files.readAllBytes(folder.resolve("model.safetensors"))).isEqualTo(weights);
    assertThat(server.requests)
        .contains("GET model.safetensors bytes=100000-")
        .doesNotContain("GET config.json", "GET model.safetensors");
  }

  @Test
  void fullDiskIsReportedAndThePartialFileIsNotUsed() throws IOException {
    Path full = Path.of("/dev/full"); // a file on it takes no byte, as on a full disk
    assumeTrue(Files.exists(full), "This system has no /dev/full.");
    Path folder = cache.resolve("owner--tiny").resolve(LoopbackHub.COMMIT);
    Files.createDirectories(folder);
    Path part = Files.createSymbolicLink(folder.resolve("model.safetensors.part"), full);

    assertThatThrownBy(() -> hub().folder(NAME))
        .hasMessageContaining("Cannot write " + part + ": No space left on device")
        .hasMessageContaining("COUNTERPOINT_CACHE");
    assertThat(folder.resolve("model.safetensors")).doesNotExist();

    Files.delete(part); // there is free space again
    assertThat(Files.readAllBytes(hub().folder(NAME).resolve("model.safetensors")))
        .isEqualTo(weights);
  }

  @Test
  void tooLongPartialFileIsDiscarded() throws IOException {
    Path folder = cache.resolve("owner--tiny").resolve(LoopbackHub.COMMIT);
    Files.createDirectories(folder);
    Files.write(folder.resolve("model.safetensors.part"), new byte[weights.length + 5]);

    hub().folder(NAME);

    assertThat(Files.readAllBytes(folder.resolve("model.safetensors"))).isEqualTo(weights);
  }

  @Test
  void damagedFileIsDownloadedAgain() throws IOException {
    byte[] other = weights.clone();
    other[7]++;
    server.damaged.put("model.safetensors", new ArrayList<>(List.of(other)));
    server.damaged.put(
        "vocab.txt", new ArrayList<>(Arrays.asList(utf8("[PAD]\n"), utf8("[BAD]\n"))));

    Path folder = hub().folder(NAME);

    assertThat(Files.readAllBytes(folder.resolve("model.safetensors"))).isEqualTo(weights);
    assertThat(Files.readString(folder.resolve("vocab.txt"))).isEqualTo("[PAD]\n");
    assertThat(messages).filteredOn(it -> it.contains("damaged")).hasSize(2);
  }

  @Test
  void fileThatIsDamagedTwiceIsRejectedAndDeleted() throws IOException {
    byte[] other = weights.clone();
    other[7]++;
    server.damaged.put("model.safetensors", new ArrayList<>(List.of(other, other)));

    assertThatThrownBy(() -> hub().folder(NAME))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("model.safetensors of hf:owner/tiny")
        .hasMessageContaining("damaged")
        .hasMessageContaining("HF_ENDPOINT");
    assertThat(names(cache.resolve("owner--tiny").resolve(LoopbackHub.COMMIT)))
        .containsExactly("config.json");
  }

  @Test
  void shardsOfTheIndexAreDownloaded() throws IOException {
    LoopbackHub sharded = new LoopbackHub();
    try (sharded) {
      sharded
          .with("config.json", "{}")
          .with("model-00001-of-00002.safetensors", new byte[] {1})
          .with("model-00002-of-00002.safetensors", new byte[] {2})
          .with(
              "model.safetensors.index.json",
              "{\"weight_map\": {\"a\": \"model-00001-of-00002.safetensors\","
                  + " \"b\": \"model-00002-of-00002.safetensors\"}}");

      assertThat(names(hub(sharded.endpoint(), null).folder(NAME)))
          .contains("model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors");
    }
  }

  @Test
  void shardOutsideOfTheFolderIsRejected() {
    LoopbackHub sharded = new LoopbackHub();
    try (sharded) {
      sharded
          .with("config.json", "{}")
          .with("model.safetensors.index.json", "{\"weight_map\": {\"a\": \"../x\"}}");

      assertThatThrownBy(() -> hub(sharded.endpoint(), null).folder(NAME))
          .isInstanceOf(InvalidSettings.class)
          .hasMessageContaining("model.safetensors.index.json")
          .hasMessageContaining("\"../x\"");
    }
  }

  @Test
  void adapterIsDownloadedWithItsConfig() throws IOException {
    LoopbackHub adapter = new LoopbackHub();
    try (adapter) {
      adapter.with("adapter_config.json", "{}").with("adapter_model.safetensors", new byte[] {1});

      assertThat(names(hub(adapter.endpoint(), null).folder(NAME)))
          .containsExactly("adapter_config.json", "adapter_model.safetensors", "origin.json");
    }
  }

  @Test
  void modelWithoutSafetensorsIsRejected() {
    LoopbackHub pickle = new LoopbackHub();
    try (pickle) {
      pickle.with("config.json", "{}").with("pytorch_model.bin", new byte[] {1});

      assertThatThrownBy(() -> hub(pickle.endpoint(), null).folder(NAME))
          .isInstanceOf(InvalidSettings.class)
          .hasMessageContaining("hf:owner/tiny@" + LoopbackHub.COMMIT + " has neither model.safe")
          .hasMessageContaining("pytorch_model.bin");
    }
  }

  @Test
  void tokenIsSentToTheHubButNotToRedirectTargets() throws IOException {
    server.token = "secret";

    assertThat(hub(server.endpoint(), "secret").folder(NAME)).isDirectory();
    assertThatThrownBy(() -> hub(server.endpoint(), "other").folder(NAME))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("HF_TOKEN (the current token");
    assertThatThrownBy(() -> hub().folder(NAME)).hasMessageContaining("HF_TOKEN, which is not set");
  }

  @Test
  void errorsOfTheHubAreReported() {
    assertThatThrownBy(() -> hub().folder("owner/absent"))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("hf:owner/absent does not exist on the hub at " + server.endpoint())
        .hasMessageContaining("Check the name");
    server.error = "404 RevisionNotFound";
    assertThatThrownBy(() -> hub().folder(NAME + "@v9"))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("hf:owner/tiny@v9")
        .hasMessageContaining("no revision \"v9\"");
    server.error = "403 GatedRepo";
    assertThatThrownBy(() -> hub().folder(NAME))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("HF_TOKEN");
    server.error = "503 -";
    assertThatThrownBy(() -> hub().folder(NAME)).hasMessageContaining("503");
  }

  @Test
  void missingNetworkIsReportedWithAlternatives() {
    server.close();

    assertThatThrownBy(() -> hub().folder(NAME))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("hf:owner/tiny: localhost cannot be reached")
        .hasMessageContaining("model.from");
    assertThatThrownBy(() -> offline().folder(NAME))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("hf:owner/tiny")
        .hasMessageContaining("HF_HUB_OFFLINE");
  }

  @Test
  void concurrentRequestsDownloadAModelOnce() throws Exception {
    CompletableFuture<Path> other =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                return hub().folder(NAME);
              } catch (IOException e) {
                throw new IllegalStateException(e);
              }
            });

    assertThat(hub().folder(NAME)).isEqualTo(other.get());
    assertThat(server.requests.stream().filter("GET model.safetensors"::equals)).hasSize(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "..", "a/b/c", "../x", "a@", "a b", "/a", "a/../b", "a@../b", ".a"})
  void invalidNameIsRejected(String name) {
    assertThatThrownBy(() -> hub().folder(name))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("\"hf:" + name + "\"")
        .hasMessageContaining("hf:OWNER/NAME");
  }

  @Test
  void invalidTokenIsRejectedWithoutPrintingIt() {
    assertThatThrownBy(() -> HubAccess.of(Map.of("HF_TOKEN", "hf_se\ncret")))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("HF_TOKEN")
        .hasMessageNotContaining("cret");
  }

  @Test
  void settingsAreReadFromTheEnvironment() {
    HubAccess access =
        HubAccess.of(Map.of("HF_ENDPOINT", "http://mirror:8080/hub/", "HF_TOKEN", "t\n"));

    assertThat(access.endpoint()).isEqualTo(URI.create("http://mirror:8080/hub"));
    assertThat(access.token()).isEqualTo("t");
    assertThat(access.offline()).isFalse();
    assertThat(HubAccess.of(Map.of("HF_HUB_OFFLINE", "1")).offline()).isTrue();
    assertThat(HubAccess.of(Map.of()).endpoint().getScheme()).isEqualTo("https");
    assertThatThrownBy(() -> HubAccess.of(Map.of("HF_ENDPOINT", "mirror")))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("HF_ENDPOINT \"mirror\"");
  }

  @Test
  void proxyIsUsedExceptForTheHostsOfNoProxy() throws IOException {
    Hub hub = behindProxy(server.endpoint().getPort(), "http://hub.invalid", "");

    assertThat(names(hub.folder(NAME))).contains("config.json", "vocab.txt");
    assertThat(server.requests).isNotEmpty();
  }

  @Test
  void unreachableProxyIsNamedWithoutItsPassword() {
    assertThatThrownBy(() -> behindProxy(1, "https://hub.invalid", "user:geheim@").folder(NAME))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("hub.invalid")
        .hasMessageContaining("127.0.0.1:1 (all_proxy)")
        .hasMessageNotContaining("geheim");
  }

  @Test
  void refusingProxyReceivesThePasswordAndIsNamedWithoutIt() throws Exception {
    try (ServerSocket proxy = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      CompletableFuture<List<String>> request =
          CompletableFuture.supplyAsync(() -> refuse(proxy, "407 Proxy Authentication Required"));

      assertThatThrownBy(
              () ->
                  behindProxy(proxy.getLocalPort(), "https://hub.invalid", "user:geheim@")
                      .folder(NAME))
          .isInstanceOf(InvalidSettings.class)
          .hasMessageContaining("all_proxy")
          .hasMessageNotContaining("geheim");
      assertThat(request.get())
          .contains(
              "CONNECT hub.invalid:443 HTTP/1.1", "Proxy-Authorization: Basic dXNlcjpnZWhlaW0=");
    }
  }

  /** Answers one request, and returns its lines. */
  private static List<String> refuse(ServerSocket proxy, String status) {
    try (Socket client = proxy.accept()) {
      BufferedReader lines =
          new BufferedReader(
              new InputStreamReader(client.getInputStream(), StandardCharsets.US_ASCII));
      List<String> request = new ArrayList<>();
      for (String line = lines.readLine();
          line != null && !line.isEmpty();
          line = lines.readLine()) {
        request.add(line);
      }
      String answer = "HTTP/1.1 " + status + "\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
      client.getOutputStream().write(answer.getBytes(StandardCharsets.US_ASCII));
      return request;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Hub behindProxy(int port, String endpoint, String login) {
    Map<String, String> variables =
        Map.of(
            "all_proxy",
            "http://" + login + "127.0.0.1:" + port,
            "no_proxy",
            "127.0.0.0/8,localhost", // the store of large files
            "HF_ENDPOINT",
            endpoint);
    return new Hub(HubAccess.of(variables), cache, listener());
  }

  private Hub hub() {
    return hub(server.endpoint(), null);
  }

  private Hub hub(URI endpoint, String token) {
    return new Hub(
        new HubAccess(endpoint, token, false, TIMEOUT, new ProxyServers(Map.of())),
        cache,
        listener());
  }

  private Hub offline() {
    return new Hub(
        new HubAccess(server.endpoint(), null, true, TIMEOUT, new ProxyServers(Map.of())),
        cache,
        listener());
  }

  private DownloadListener listener() {
    return new DownloadListener() {
      @Override
      public synchronized void log(String line) {
        messages.add(line);
      }

      @Override
      public void received(String file, long bytes, long total) {}
    };
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static List<String> names(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }
}
