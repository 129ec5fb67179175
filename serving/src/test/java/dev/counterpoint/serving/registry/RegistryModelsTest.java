package dev.counterpoint.serving.registry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.counterpoint.core.checkpoint.FolderChecksums;
import dev.counterpoint.inference.Pipeline;
import dev.counterpoint.serving.BatchLimits;
import dev.counterpoint.serving.ModelId;
import dev.counterpoint.serving.ModelLease;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Models of a registry whose journal and whose opener are held, or fail, when a test wants it. */
@Timeout(120)
final class RegistryModelsTest {
  private static final Path SENTIMENT = Path.of("../runner/src/test/resources/fixtures/finished");
  private static final Duration SOON = Duration.ofSeconds(20);

  /** A step of a test. */
  private interface Step {
    void run() throws IOException;
  }

  @TempDir private Path folder;
  private final List<String> log = Collections.synchronizedList(new ArrayList<>());
  private final List<Path> opened = Collections.synchronizedList(new ArrayList<>());
  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private final CountDownLatch reached = new CountDownLatch(1);
  private final CountDownLatch released = new CountDownLatch(1);
  private volatile Step afterReading = () -> {};
  private volatile RegistryModels.Opener opener = Pipeline::open;
  private FolderRegistry registry;
  private RegistryModels models;

  @BeforeEach
  void addVersions() throws IOException {
    registry = new FolderRegistry(folder.resolve("registry"), "ann@host");
    for (int i = 1; i <= 3; i++) {
      registry.add("small", run("{\"user\": \"" + i + "\"}"));
    }
    registry.setAlias(id("small@champion"), 1, null);
    registry.setAlias(id("small@other"), 1, null);
  }

  @AfterEach
  void close() {
    released.countDown();
    models.close();
  }

  /** A run with its own content. */
  private Path run(String provenance) throws IOException {
    Path run = Files.createTempDirectory(folder, "run");
    Path model = Files.createDirectory(run.resolve("model"));
    try (Stream<Path> files = Files.list(SENTIMENT.resolve("model"))) {
      for (Path file : files.toList()) {
        Files.copy(file, model.resolve(file.getFileName().toString()));
      }
    }
    FolderChecksums.write(model);
    Files.writeString(run.resolve("provenance.json"), provenance);
    return run;
  }

  private static ModelId id(String text) {
    return ModelId.parse(text);
  }

  private void serve(String... names) throws IOException {
    Map<ModelId, BatchLimits> limits = new LinkedHashMap<>();
    for (String name : names) { // each with its own limits
      limits.put(id(name), new BatchLimits(1 + limits.size(), 64, 10, 1));
    }
    RegistryJournal files = new FolderJournal(folder.resolve("registry"));
    RegistryJournal journal =
        new RegistryJournal() {
          @Override
          public String name() {
            return files.name();
          }

          @Override
          public List<RegistryEvent> events() throws IOException {
            List<RegistryEvent> events = files.events();
            afterReading.run();
            return events;
          }

          @Override
          public <T> T exclusively(Exclusive<T> work) throws IOException {
            return files.exclusively(work);
          }
        };
    models =
        new RegistryModels(
            new FolderRegistry(folder.resolve("registry"), journal, "ann@host"),
            RegistryModels.Selection.of(limits),
            path -> {
              opened.add(path);
              return opener.open(path);
            },
            meters,
            log::add);
  }

  /** Reports that a thread is here, and holds it. */
  private void hold() {
    reached.countDown();
    try {
      released.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Holds the thread that opens a version. */
  private void holdWhenOpening(int version) throws IOException {
    Path held = registry.folder(registry.content().find(id("small/" + version)));
    opener =
        path -> {
          if (path.equals(held)) {
            hold();
          }
          return Pipeline.open(path);
        };
  }

  private int version(String name) {
    try (ModelLease lease = models.getModel(id(name))) {
      return lease.version();
    }
  }

  @Test
  void aRestoredJournalIsFollowed() throws IOException {
    serve("small");
    Path journal = folder.resolve("registry/journal.jsonl");
    String before = Files.readString(journal);
    registry.setAlias(id("small@champion"), 2, 1);
    models.refresh();
    assertThat(version("small")).isEqualTo(2);

    Files.writeString(journal, before);
    registry.setAlias(id("small@third"), 3, null); // as many changes as before
    models.refresh();

    assertThat(version("small")).isEqualTo(1);
  }

  @Test
  void aVersionThatHasOtherContentInARestoredJournalIsOpened() throws IOException {
    Path journal = folder.resolve("registry/journal.jsonl");
    String before = Files.readString(journal);
    registry.add("small", run("{\"user\": \"lost\"}"));
    serve("small/4");
    Files.writeString(journal, before);
    RegistryContent.Version other = registry.add("small", run("{\"user\": \"other\"}"));

    models.refresh();

    assertThat(other.id()).hasToString("small/4");
    assertThat(opened).last().isEqualTo(registry.folder(other));
  }

  @Test
  void anOlderStateIsNotAppliedAfterANewerOne() throws Exception {
    serve("small@champion", "small@other");
    Path second = registry.folder(registry.content().find(id("small/2")));
    opener =
        path -> {
          if (path.equals(second)) {
            throw new IOException("Stale file handle");
          }
          return Pipeline.open(path);
        };
    registry.setAlias(id("small@other"), 2, 1);
    models.refresh(); // is tried again from now on
    Thread older = new Thread(models::refresh, "older");
    afterReading =
        () -> {
          if (Thread.currentThread().equals(older)) {
            hold();
          }
        };
    older.start();
    reached.await();
    registry.setAlias(id("small@champion"), 3, 1);
    Thread newer = new Thread(models::refresh, "newer");
    newer.start();
    newer.join(1_000); // It may wait for the older one.
    released.countDown();
    older.join();
    newer.join();

    assertThat(version("small@champion")).isEqualTo(3);
  }

  @Test
  void aVersionIsServedWhileTheNextIsOpened() throws Exception {
    serve("small@champion", "small@other");
    registry.setAlias(id("small@champion"), 2, 1);
    registry.setAlias(id("small@other"), 3, 1);
    holdWhenOpening(3);
    CompletableFuture<Void> refresh = CompletableFuture.runAsync(models::refresh);
    reached.await();

    assertThat(version("small@champion")).isEqualTo(2);
    assertThat(version("small@other")).isEqualTo(1);
    released.countDown();
    assertThat(refresh).succeedsWithin(SOON);
    assertThat(version("small@other")).isEqualTo(3);
  }

  @Test
  void theIndexIsReadWhileAVersionIsOpened() throws Exception {
    serve("small@champion");
    registry.setAlias(id("small@champion"), 3, 1);
    holdWhenOpening(3);
    CompletableFuture<Void> refresh = CompletableFuture.runAsync(models::refresh);
    reached.await();

    assertThat(
            CompletableFuture.supplyAsync(
                () -> {
                  try {
                    return models.index().size();
                  } catch (IOException e) {
                    throw new IllegalStateException(e);
                  }
                }))
        .succeedsWithin(SOON)
        .isEqualTo(3);
    released.countDown();
    assertThat(refresh).succeedsWithin(SOON);
  }

  @Test
  void closingDoesNotWaitWithoutLimitForAModelThatIsUsedOrOpened() throws Exception {
    serve("small@champion");
    registry.setAlias(id("small@champion"), 3, 1);
    holdWhenOpening(3);
    try (ModelLease lease = models.getModel(id("small@champion"))) {
      CompletableFuture<Void> refresh = CompletableFuture.runAsync(models::refresh);
      reached.await();
      assertThat(CompletableFuture.runAsync(() -> models.close(Duration.ofMillis(10))))
          .succeedsWithin(SOON);

      released.countDown();
      assertThat(refresh).succeedsWithin(SOON);
      assertThat(CompletableFuture.runAsync(() -> models.close(Duration.ofMillis(10))))
          .succeedsWithin(SOON);
      assertThat(lease.version()).isEqualTo(1);
    }
  }

  @Test
  void anErrorWhileTheRegistryIsReadDoesNotEndTheRefreshing() throws IOException {
    serve("small");
    registry.setAlias(id("small@champion"), 2, 1);
    afterReading =
        () -> {
          throw new StackOverflowError("deep");
        };
    models.refresh();
    assertThat(log).singleElement().asString().contains("StackOverflowError");

    afterReading = () -> {};
    models.refresh();
    assertThat(version("small")).isEqualTo(2);
  }

  @Test
  void twoNamesThatServeAVersionWithTheirOwnLimitsHaveTheirOwnQueues() throws Exception {
    serve("small@champion", "small@other");
    assertThat(models.models()).containsExactly(id("small/1"));
    assertThat(meters.find("counterpoint.queue.size").gauges()).hasSize(2);

    models.unload(id("small@champion"));
    while (meters.find("counterpoint.queue.size").gauges().size() > 1) {
      Thread.onSpinWait(); // within the time limit of the test
    }

    assertThat(meters.find("counterpoint.queue.size").gauges()).hasSize(1);
  }
}
