package dev.counterpoint.serving.feature;

import static org.assertj.core.api.Assertions.assertThat;

import dev.counterpoint.core.data.FeatureView;
import dev.counterpoint.serving.feature.FeatureHistory.Moment;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Random;

/** Random events, and what a store must answer about them. */
final class FeatureOracle {
  static final FeatureView VIEW = FeatureView.of("customer", "customer_id", List.of("a", "b"));
  private static final Instant START = Instant.parse("1969-12-31T23:59:30Z");
  private static final int KEYS = 20;
  private static final int SECONDS = 60;

  private final Random random = new Random(11);
  private final List<FeatureRow> events = new ArrayList<>();

  private Moment moment() {
    return new Moment(
        new EntityKey("k" + random.nextInt(KEYS)), START.plusSeconds(random.nextInt(SECONDS)));
  }

  /** Writes events in a random order; some replace earlier ones of the same time. */
  void write(FeatureWriter writer, int batches, int size) {
    for (int i = 0; i < batches; i++) {
      List<FeatureRow> batch = new ArrayList<>();
      for (int j = 0; j < size; j++) {
        Moment moment = moment();
        batch.add(
            FeatureRow.ofJson(
                moment.key(),
                moment.time(),
                "{\"a\":%d,\"b\":\"t%d\"}".formatted(events.size() + j, random.nextInt())));
      }
      writer.write(VIEW.name(), batch);
      events.addAll(batch);
    }
  }

  /** Writes all events again. */
  void writeAgain(FeatureWriter writer) {
    writer.write(VIEW.name(), events);
  }

  private Optional<FeatureRow> newest(Moment moment) {
    return events.stream() // The last one of the same time wins.
        .filter(it -> it.key().equals(moment.key()) && !it.time().isAfter(moment.time()))
        .max(Comparator.comparing(FeatureRow::time).thenComparing(events::lastIndexOf));
  }

  void checkNewest(FeatureStore store) {
    List<EntityKey> keys = new ArrayList<>();
    for (int i = 0; i <= KEYS; i++) {
      keys.add(new EntityKey("k" + i));
    }
    Features found = store.getFeatures(keys, VIEW).join();
    for (EntityKey key : keys) {
      assertThat(Optional.ofNullable(found.rows().get(key)))
          .isEqualTo(newest(new Moment(key, Instant.now())));
    }
  }

  void checkHistory(FeatureHistory history, int count) {
    List<Moment> moments = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      moments.add(moment());
    }
    List<Optional<FeatureRow>> found = history.at(VIEW.name(), moments);
    for (int i = 0; i < count; i++) {
      assertThat(found.get(i)).isEqualTo(newest(moments.get(i)));
    }
  }
}
