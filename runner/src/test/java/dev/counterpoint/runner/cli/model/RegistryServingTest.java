package dev.counterpoint.runner.cli.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.counterpoint.core.safetensors.SafetensorsReader;
import dev.counterpoint.core.safetensors.StoredTensor;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.inference.Pipeline;
import dev.counterpoint.runner.cli.Terminal;
import dev.counterpoint.runner.cli.option.ExitCode;
import dev.counterpoint.serving.BatchLimits;
import dev.counterpoint.serving.ModelId;
import dev.counterpoint.serving.PredictionFailed;
import dev.counterpoint.serving.PredictionRequest;
import dev.counterpoint.serving.PredictionResponse;
import dev.counterpoint.serving.ProductionModelService;
import dev.counterpoint.serving.http.HttpServer;
import dev.counterpoint.serving.http.HttpSettings;
import dev.counterpoint.serving.registry.FolderRegistry;
import dev.counterpoint.serving.registry.RegistryContent.Version;
import dev.counterpoint.serving.registry.RegistryModels;
import io.micrometer.core.instrument.composite.CompositeMeterRegistry;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Serves models of a registry. {@code -Dcounterpoint.swaps=N} sets the number of replacements. */
@Timeout(300)
final class RegistryServingTest {
  private static final Path RUN = Path.of("src/test/resources/fixtures/finished");
  private static final int SWAPS = Integer.getInteger("counterpoint.swaps", 6);
  private static final ModelId CHAMPION = ModelId.parse("small@champion");

  private final List<String> log = new ArrayList<>();
  @TempDir private Path folder;
  private FolderRegistry registry;

  @BeforeEach
  void addVersions() throws IOException {
    registry = new FolderRegistry(folder.resolve("registry"), "ann@host");
    registry.add("small", RUN);
    registry.add("small", RUN);
    registry.setAlias(CHAMPION, 1, null);
  }

  private RegistryModels models(String... ids) throws IOException {
    Map<ModelId, BatchLimits> limits = new LinkedHashMap<>();
    for (String id : ids) {
      limits.put(ModelId.parse(id), BatchLimits.defaults());
    }
    return new RegistryModels(
        registry,
        RegistryModels.Selection.of(limits),
        Pipeline::open,
        new CompositeMeterRegistry(),
        log::add);
  }

  private static int version(RegistryModels models, String id) {
    return new ProductionModelService(models)
        .predict(PredictionRequest.ofTexts(id, "good"))
        .version();
  }

  @Test
  void anAliasIsFollowed() throws IOException {
    try (RegistryModels models = models("small", "small@champion")) {
      assertThat(version(models, "small")).isEqualTo(1);
      registry.setAlias(CHAMPION, 2, null);
      models.refresh();

      assertThat(version(models, "small")).isEqualTo(2);
      assertThat(version(models, "small@champion")).isEqualTo(2);
      assertThat(version(models, "small/2")).isEqualTo(2);
      assertThatThrownBy(() -> version(models, "small/1")).isInstanceOf(PredictionFailed.class);
      assertThat(log).containsExactly("small is now version 2", "small@champion is now version 2");
    }
  }

  @Test
  void aVersionThatCannotBeOpenedIsRefusedOnceAndTheEarlierOneServes() throws IOException {
    Path run = folder.resolve("run");
    copy(RUN, run);
    Files.writeString(run.resolve("provenance.json"), "{}"); // another artifact
    Version third = registry.add("small", run);
    Path weights = registry.folder(third).resolve("model/model.safetensors");
    byte[] bytes = Files.readAllBytes(weights);
    bytes[bytes.length - 1] ^= 1;
    Files.write(weights, bytes);
    try (RegistryModels models = models("small")) {
      registry.setAlias(CHAMPION, third.number(), null);
      models.refresh();
      models.refresh();

      assertThat(version(models, "small")).isEqualTo(1);
      assertThat(log).singleElement().asString().contains("small is not changed", "was changed");
    }
    assertThatThrownBy(() -> models("small")).isInstanceOf(InvalidSettings.class);
  }

  @Test
  void aVersionThatNeedsMoreMemoryThanIsAllowedIsRefused() throws IOException {
    registry.setAlias(ModelId.parse("small@challenger"), 2, null);
    Path weights =
        registry.folder(registry.content().find(CHAMPION)).resolve("model/model.safetensors");
    long bytes;
    try (SafetensorsReader reader = SafetensorsReader.open(weights)) {
      bytes = reader.tensors().values().stream().mapToLong(StoredTensor::bytes).sum();
    }
    RegistryModels.Selection selection =
        new RegistryModels.Selection(Map.of(CHAMPION, BatchLimits.defaults()), bytes * 3 / 2);
    try (RegistryModels models =
        new RegistryModels(
            registry, selection, Pipeline::open, new CompositeMeterRegistry(), log::add)) {
      assertThatThrownBy(() -> models.load(ModelId.parse("small/2")))
          .isInstanceOf(InvalidSettings.class)
          .hasMessageContaining("maxWeightBytes");
      assertThat(version(models, "small@champion")).isEqualTo(1);

      models.unload(CHAMPION);
      loadWhenTheMemoryIsFreed(models, ModelId.parse("small/2"));
      assertThat(version(models, "small/2")).isEqualTo(2);
    }
  }

  /** Within the time limit of the test. */
  private static void loadWhenTheMemoryIsFreed(RegistryModels models, ModelId id)
      throws IOException {
    while (!models.models().contains(id)) {
      try {
        models.load(id);
      } catch (InvalidSettings e) {
        Thread.onSpinWait();
      }
    }
  }

  @Test
  void anErrorOfAModelDoesNotEndTheService() throws IOException {
    AtomicInteger opened = new AtomicInteger();
    RegistryModels.Opener opener =
        path -> {
          if (opened.incrementAndGet() > 1) {
            throw new StackOverflowError("deep");
          }
          return Pipeline.open(path);
        };
    Map<ModelId, BatchLimits> ids = Map.of(CHAMPION, BatchLimits.defaults());
    try (RegistryModels models =
        new RegistryModels(
            registry,
            RegistryModels.Selection.of(ids),
            opener,
            new CompositeMeterRegistry(),
            log::add)) {
      registry.setAlias(CHAMPION, 2, null);
      models.refresh();
      models.refresh(); // is not tried again before the next change

      assertThat(version(models, "small@champion")).isEqualTo(1);
      assertThat(log).singleElement().asString().contains("is not changed", "StackOverflowError");
      assertThat(opened).hasValue(2);
    }
  }

  @Test
  void aNameKeepsItsLimitsWhenItRefersToTheVersionOfAnother() throws IOException {
    registry.setAlias(ModelId.parse("small@challenger"), 2, null);
    Map<ModelId, BatchLimits> ids = new LinkedHashMap<>();
    ids.put(CHAMPION, BatchLimits.defaults());
    ids.put(ModelId.parse("small@challenger"), new BatchLimits(1, 64, 1, 1));
    try (RegistryModels models =
        new RegistryModels(
            registry,
            RegistryModels.Selection.of(ids),
            Pipeline::open,
            new CompositeMeterRegistry(),
            log::add)) {
      registry.setAlias(CHAMPION, 2, null);
      models.refresh();

      PredictionResponse response =
          new ProductionModelService(models)
              .predict(PredictionRequest.ofTexts("small@champion", "good", "bad"));
      assertThat(response.version()).isEqualTo(2);
    }
  }

  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : files.toList()) {
        Files.copy(file, to.resolve(from.relativize(file).toString()));
      }
    }
  }

  @ParameterizedTest
  @EnumSource(HttpClient.Version.class)
  void noRequestFailsWhileVersionsAreReplaced(HttpClient.Version protocol) throws Exception {
    PrometheusMeterRegistry meters = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    AtomicBoolean done = new AtomicBoolean();
    ExecutorService threads = Executors.newFixedThreadPool(4);
    try (RegistryModels models = models("small");
        HttpServer server = HttpServer.start(models, HttpSettings.of("127.0.0.1", 0, 0), meters)) {
      HttpClient client = HttpClient.newBuilder().version(protocol).build();
      HttpRequest request =
          HttpRequest.newBuilder(URI.create(server.uri() + "/predict/small"))
              .header("content-type", "application/json")
              .POST(BodyPublishers.ofString("{\"text\": \"good\"}"))
              .build();
      List<CompletableFuture<Integer>> counts = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        counts.add(
            CompletableFuture.supplyAsync(
                () -> {
                  int count = 0;
                  for (; !done.get(); count++) {
                    HttpResponse<String> response =
                        client.sendAsync(request, BodyHandlers.ofString()).join();
                    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
                  }
                  return count;
                },
                threads));
      }
      for (int i = 0; i < SWAPS; i++) {
        registry.setAlias(CHAMPION, 2 - i % 2, null);
        models.refresh();
      }
      done.set(true);
      for (CompletableFuture<Integer> count : counts) {
        assertThat(count.join()).isPositive();
      }
      assertThat(log).hasSize(SWAPS);
    } finally {
      threads.shutdownNow();
    }
  }

  @Test
  void aFileWithErrorsIsRefused() throws IOException {
    Path file = folder.resolve("serving.yaml");
    for (Map.Entry<String, String> each :
        Map.of(
                "models: {}", "names no models",
                "modls: {small: {}}", "modls",
                "models: {\"a b\": {}}", "a b",
                "models: {small: {rows: 0}}", "models.small.rows",
                "models: {small: {}, }\nregistry: none", "no registry",
                "models: {large: {}}", "large")
            .entrySet()) {
      Files.writeString(file, each.getKey());
      Terminal terminal = new Terminal();
      assertThat(terminal.run("serve", file.toString()))
          .as(each + terminal.err())
          .isEqualTo(ExitCode.INVALID_REQUEST);
      assertThat(terminal.err()).contains(each.getValue());
    }
    Files.writeString(file, "models: {small: {}}");
    Terminal terminal = new Terminal();
    assertThat(terminal.run("serve", file.toString(), "--port", "0"))
        .as(terminal.err())
        .isEqualTo(ExitCode.INVALID_REQUEST);
    assertThat(terminal.err()).contains("--port");
  }
}
