package dev.counterpoint.serving.feature;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.counterpoint.core.data.FeatureView;
import dev.counterpoint.core.settings.FileAccess;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.serving.feature.FeatureHistory.Moment;
import dev.counterpoint.serving.feature.sql.EmbeddedStore;
import dev.counterpoint.tasks.table.TableSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
final class EmbeddedStoreTest {
  private static final int KILLS = Integer.getInteger("counterpoint.kills", 3);
  private static final int MAX_DELAY_MILLIS = 100;
  private static final int BATCH = 50;

  @TempDir private Path folder;

  private FeatureStore open() throws IOException {
    return new EmbeddedStore(folder.resolve("store").toString(), 10_000).open(folder);
  }

  private FeatureTable table(String name, String content) throws IOException {
    Path file = Files.writeString(folder.resolve(name), content);
    return new FeatureTable(TableSource.of(file), "customer", "id", "at");
  }

  @Test
  void newestAndEarlierFeaturesAreThoseOfAnOracle() throws IOException {
    FeatureOracle oracle = new FeatureOracle();
    try (FeatureStore store = open()) {
      oracle.write((FeatureWriter) store, 20, BATCH);
      oracle.checkNewest(store);
      oracle.checkHistory((FeatureHistory) store, 1_000);

      oracle.writeAgain((FeatureWriter) store);

      oracle.checkNewest(store);
      oracle.checkHistory((FeatureHistory) store, 1_000);
    }
    try (FeatureStore store = open()) {
      oracle.checkNewest(store);
      assertThat(((FeatureHistory) store).views()).containsExactly("customer");
      assertThat(((FeatureHistory) store).columns("customer")).containsExactly("a", "b");
    }
  }

  @Test
  void writersWaitForEachOther() throws IOException {
    Instant now = Instant.now();
    try (FeatureStore first = open();
        FeatureStore second = open()) {
      CompletableFuture<?>[] writers =
          Stream.of(first, second)
              .map(FeatureWriter.class::cast)
              .map(store -> CompletableFuture.runAsync(() -> writeBatches(store, now)))
              .toArray(CompletableFuture<?>[]::new);
      CompletableFuture.allOf(writers).join();

      assertThat(((FeatureHistory) first).columns("customer")).containsExactly("a");
    }
  }

  private static void writeBatches(FeatureWriter store, Instant now) {
    for (int i = 0; i < 100; i++) {
      String values = "{\"a\": %d}".formatted(i);
      store.write("customer", List.of(FeatureRow.ofJson(new EntityKey("k" + i), now, values)));
    }
  }

  @Test
  void columnsAreInTheOrderInWhichTheyWereAdded() throws IOException {
    EntityKey key = new EntityKey("1");
    try (FeatureStore store = open()) {
      for (String values : List.of("{\"y\":1,\"x\":2}", "{\"z\":3}", "{\"a\":4,\"x\":5}")) {
        ((FeatureWriter) store)
            .write("customer", List.of(FeatureRow.ofJson(key, Instant.now(), values)));
      }

      assertThat(((FeatureHistory) store).columns("customer")).containsExactly("y", "x", "z", "a");
    }
  }

  @Test
  void featuresOfTheFutureAreNotTheNewest() throws IOException {
    EntityKey key = new EntityKey("1");
    FeatureRow now = FeatureRow.ofJson(key, Instant.now().minusSeconds(5), "{\"a\":1}");
    FeatureRow later = FeatureRow.ofJson(key, Instant.now().plusSeconds(3_600), "{\"a\":2}");
    try (FeatureStore store = open()) {
      ((FeatureWriter) store).write("customer", List.of(now, later));

      assertThat(store.getFeatures(List.of(key), FeatureOracle.VIEW).join().rows())
          .containsExactly(Map.entry(key, now));
    }
  }

  @Test
  @EnabledOnOs({OS.LINUX, OS.MAC})
  void onlyTheUserCanReadTheDatabase() throws IOException {
    Files.createDirectory(folder.resolve("store"));
    try (FeatureStore store = open();
        Stream<Path> files = Files.list(folder.resolve("store"))) {
      new FeatureOracle().write((FeatureWriter) store, 1, 1);

      assertThat(files)
          .isNotEmpty()
          .allSatisfy(
              it ->
                  assertThat(Files.getPosixFilePermissions(it)).isEqualTo(FileAccess.PRIVATE_FILE));
    }
  }

  @Test
  void aDamagedDatabaseIsReported() throws IOException {
    Files.createDirectory(folder.resolve("store"));
    Files.writeString(folder.resolve("store").resolve("features.sqlite"), "x".repeat(10_000));

    assertThatThrownBy(this::open)
        .isInstanceOf(FeaturesUnavailable.class)
        .hasMessageContaining("features.sqlite");
  }

  @Test
  void tableIsLoadedAndJoinedWithLabels() throws IOException {
    FeatureTable events =
        table(
            "events.csv",
            """
            id,at,income,zip
            1,2026-01-02,10.5,00501
            1,2026-01-04T12:00:00+02:00,,00502
            2,2026-01-01,7,
            """);
    FeatureTable labels =
        table(
            "labels.csv",
            """
            churn,id,at
            yes,1,2026-01-02
            no,1,2026-01-01
            no,1,2026-01-04T10:00:00
            yes,2,2027-01-01
            """);
    List<Map<String, @Nullable Object>> rows = new ArrayList<>();
    try (FeatureStore store = open()) {
      assertThat(events.load((FeatureWriter) store)).isEqualTo(3);

      assertThat(labels.join((FeatureHistory) store, rows::addAll)).isEqualTo(4);
    }
    assertThat(rows)
        .extracting(Map::toString)
        .containsExactly(
            "{churn=yes, id=1, at=2026-01-02, income=10.5, zip=00501}",
            "{churn=no, id=1, at=2026-01-01, income=null, zip=null}",
            "{churn=no, id=1, at=2026-01-04T10:00:00, income=null, zip=00502}",
            "{churn=yes, id=2, at=2027-01-01, income=7, zip=null}");
  }

  @Test
  void anInvalidRowIsFoundBeforeAnythingIsWritten() throws IOException {
    FeatureTable noTime = table("time.csv", "id,at,a\n1,2026-01-01,1\n2,yesterday,2\n");
    FeatureTable noKey = table("key.csv", "id,at,a\n1,2026-01-01,1\n,2026-01-01,2\n");
    try (FeatureStore store = open()) {
      for (FeatureTable table : List.of(noTime, noKey)) {
        assertThatThrownBy(() -> table.load((FeatureWriter) store))
            .isInstanceOf(InvalidSettings.class)
            .hasMessageContaining("line 3");
      }
      assertThat(((FeatureHistory) store).views()).isEmpty();
    }
  }

  /** Writes batches without an end: batch i has the value i for all its entities. */
  static final class Writes {
    public static void main(String[] arguments) throws IOException {
      try (FeatureStore store = new EmbeddedStore(arguments[0], 10_000).open(Path.of(""))) {
        for (int batch = Integer.parseInt(arguments[1]); ; batch++) {
          List<FeatureRow> rows = new ArrayList<>();
          for (int i = 0; i < BATCH; i++) {
            rows.add(
                FeatureRow.ofJson(
                    new EntityKey("k" + i),
                    Instant.EPOCH.plusSeconds(batch),
                    "{\"a\":" + batch + "}"));
          }
          ((FeatureWriter) store).write("customer", rows);
          System.out.println(batch);
        }
      }
    }
  }

  @Test
  @Timeout(3_600)
  void aKilledProcessLeavesWholeBatches() throws Exception {
    Random random = new Random(5);
    List<EntityKey> keys = new ArrayList<>();
    for (int i = 0; i < BATCH; i++) {
      keys.add(new EntityKey("k" + i));
    }
    FeatureView view = FeatureView.of("customer", "id", List.of("a"));
    long last = 0;
    try (FeatureStore store = open()) {
      for (int i = 0; i < KILLS; i++) {
        Process child =
            new ProcessBuilder(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-cp",
                    System.getProperty("java.class.path"),
                    Writes.class.getName(),
                    folder.resolve("store").toString(),
                    Long.toString(last + 1))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try {
          assertThat(child.inputReader().readLine()).matches("\\d+"); // It has begun.
          Thread.sleep(random.nextInt(MAX_DELAY_MILLIS));
        } finally {
          child.destroyForcibly();
        }
        assertThat(child.waitFor(30, TimeUnit.SECONDS)).isTrue();

        Map<EntityKey, FeatureRow> rows = store.getFeatures(keys, view).join().rows();
        assertThat(rows).hasSize(BATCH);
        assertThat(rows.values().stream().map(FeatureRow::json).distinct()).hasSize(1);
        long batch = rows.get(keys.get(0)).values().get("a").longValue();
        assertThat(batch).isGreaterThan(last);
        last = batch;
        List<Moment> before =
            keys.stream()
                .map(key -> new Moment(key, Instant.EPOCH.plusSeconds(batch - 1)))
                .toList();
        assertThat(((FeatureHistory) store).at("customer", before))
            .allSatisfy(it -> assertThat(it.isPresent()).isEqualTo(batch > 1));
      }
    }
  }
}
