package dev.counterpoint.serving.feature;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.data.FeatureView;
import dev.counterpoint.core.settings.Excerpt;
import dev.counterpoint.core.settings.InvalidSettings;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Adds the features of a store to the inputs of models. A value that an input has wins.
 * Thread-safe.
 */
public final class FeatureLookup {
  private static final Logger LOG = LoggerFactory.getLogger(FeatureLookup.class);

  /** Replaces the default executor of futures, which starts a thread per task on two cores. */
  private static final Executor ENCODING = encoding(Runtime.getRuntime().availableProcessors());

  private static final int MAX_CACHED = 100_000;

  private final FeatureStore store;
  private final Map<Cached, FeatureRow> cache = Collections.synchronizedMap(new RecentRows());
  private final AtomicBoolean unreachable = new AtomicBoolean();

  public FeatureLookup(FeatureStore store) {
    this.store = store;
  }

  private static Executor encoding(int threads) {
    ThreadPoolExecutor executor =
        new ThreadPoolExecutor(
            threads,
            threads,
            10,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            work -> {
              Thread thread = new Thread(work, "features");
              thread.setDaemon(true);
              return thread;
            });
    executor.allowCoreThreadTimeOut(true);
    return executor;
  }

  private record Cached(FeatureView view, EntityKey key) {}

  /** A cache of the most recently used rows. */
  private static final class RecentRows extends LinkedHashMap<Cached, FeatureRow> {
    private static final long serialVersionUID = 1L;

    RecentRows() {
      super(16, 0.75f, true);
    }

    @Override
    protected boolean removeEldestEntry(Map.Entry<Cached, FeatureRow> eldest) {
      return size() > MAX_CACHED;
    }
  }

  /**
   * The result of a lookup.
   *
   * @param keys the entity of each input that needs features, by the index of the input
   * @param isReachable whether the store answered; otherwise rows may be cached ones
   */
  private record Answer(
      FeatureView view,
      Map<Integer, EntityKey> keys,
      Map<EntityKey, FeatureRow> rows,
      boolean isReachable) {}

  /**
   * Looks up the features that the inputs lack.
   *
   * @param known the columns that a row of the model may have; a key is removed from the rows
   *     unless it is one of them
   * @param observer receives the name of the view and the report of each input, also of those that
   *     fail
   * @return the inputs, or {@link InvalidSettings} for an input without key or features, or {@link
   *     FeaturesUnavailable}
   */
  public CompletableFuture<FeatureInputs> fill(
      FeatureInputs inputs,
      List<FeatureView> views,
      Set<String> known,
      BiConsumer<String, FeatureReport> observer) {
    List<CompletableFuture<Answer>> answers = new ArrayList<>();
    for (FeatureView view : views) {
      Map<Integer, EntityKey> keys = keys(inputs, view);
      if (!keys.isEmpty()) {
        answers.add(answer(view, keys));
      }
    }
    if (answers.isEmpty()) {
      return CompletableFuture.completedFuture(
          views.isEmpty() ? inputs : filled(inputs, List.of(), removable(views, known), observer));
    }
    return CompletableFuture.allOf(answers.toArray(CompletableFuture[]::new))
        .thenApplyAsync( // The threads of a store must not encode the inputs.
            all ->
                filled(
                    inputs,
                    answers.stream().map(CompletableFuture::join).toList(),
                    removable(views, known),
                    observer),
            ENCODING);
  }

  private static Map<Integer, EntityKey> keys(FeatureInputs inputs, FeatureView view) {
    Map<Integer, EntityKey> keys = new LinkedHashMap<>();
    for (int i = 0; i < inputs.rows().size(); i++) {
      JsonNode row = inputs.rows().get(i);
      if (!row.isObject() || view.columns().stream().allMatch(row::has)) {
        continue; // The model reports what is not an object.
      }
      EntityKey key = inputs.keys().isEmpty() ? null : inputs.keys().get(i).get(view.key());
      JsonNode own = row.path(view.key());
      if (key == null && own.isMissingNode()) {
        throw new InvalidSettings(
            "inputs[%s] has neither \"%s\", the key of the features %s, nor their columns: %s.",
            i, view.key(), view.name(), Excerpt.ofList(view.columns()));
      }
      try {
        keys.put(i, key == null ? EntityKey.of(own) : key);
      } catch (InvalidSettings e) {
        throw new InvalidSettings("inputs[%s].%s: %s", i, view.key(), e.getMessage());
      }
    }
    return keys;
  }

  private CompletableFuture<Answer> answer(FeatureView view, Map<Integer, EntityKey> keys) {
    return store
        .getFeatures(keys.values().stream().distinct().toList(), view)
        .handle(
            (found, failure) -> {
              report(failure);
              if (failure == null && view.unreachable() == FeatureView.Policy.CACHED) {
                keys.values().forEach(key -> cache(view, key, found.rows().get(key)));
              }
              return failure == null
                  ? new Answer(view, keys, found.rows(), true)
                  : new Answer(view, keys, cached(view, keys.values()), false);
            });
  }

  /** Caches the row of a key, or removes it if the store has none. */
  private void cache(FeatureView view, EntityKey key, @Nullable FeatureRow row) {
    if (row == null) {
      cache.remove(new Cached(view, key));
      return;
    }
    Map<String, JsonNode> values = new LinkedHashMap<>(row.values());
    values.keySet().retainAll(view.columns());
    cache.put(new Cached(view, key), new FeatureRow(key, row.time(), values));
  }

  private Map<EntityKey, FeatureRow> cached(FeatureView view, Collection<EntityKey> keys) {
    Map<EntityKey, FeatureRow> rows = new HashMap<>();
    for (EntityKey key : keys) {
      FeatureRow row = cache.get(new Cached(view, key));
      if (row != null) {
        rows.put(key, row);
      }
    }
    return rows;
  }

  /** Logs when the store becomes unreachable, and when it is reachable again. */
  private void report(@Nullable Throwable failure) {
    if (failure != null && unreachable.compareAndSet(false, true)) {
      LOG.warn(
          "Features are not available: {}", FeaturesUnavailable.of("store", failure).getMessage());
    } else if (failure == null && unreachable.compareAndSet(true, false)) {
      LOG.warn("Features are available again.");
    }
  }

  private static List<String> removable(List<FeatureView> views, Set<String> known) {
    return views.stream()
        .map(FeatureView::key)
        .filter(it -> !known.contains(it) && !it.equals("id")) // "id" is returned with the output
        .toList();
  }

  private static FeatureInputs filled(
      FeatureInputs inputs,
      List<Answer> answers,
      List<String> removable,
      BiConsumer<String, FeatureReport> observer) {
    Instant now = Instant.now();
    List<JsonNode> rows = new ArrayList<>();
    List<Map<String, FeatureReport>> reports = new ArrayList<>();
    RuntimeException refusal = null;
    for (int i = 0; i < inputs.rows().size(); i++) {
      JsonNode row = inputs.rows().get(i).deepCopy();
      Map<String, FeatureReport> byView = new LinkedHashMap<>();
      for (Answer answer : answers) {
        EntityKey key = answer.keys.get(i);
        if (key != null) {
          FeatureReport report = fill((ObjectNode) row, answer, key, now);
          observer.accept(answer.view.name(), report);
          try {
            requireAllowed("inputs[" + i + "]", answer.view, key, report);
          } catch (InvalidSettings | FeaturesUnavailable e) { // Later inputs are observed too.
            refusal = refusal == null ? e : refusal;
          }
          byView.put(answer.view.name(), report);
        }
      }
      if (row instanceof ObjectNode object) {
        object.remove(removable);
      }
      rows.add(row);
      reports.add(byView);
    }
    if (refusal != null) {
      throw refusal;
    }
    return new FeatureInputs(rows, inputs.keys(), reports);
  }

  /** Adds the columns that a row lacks: features, defaults or missing values. */
  private static FeatureReport fill(ObjectNode row, Answer answer, EntityKey key, Instant now) {
    FeatureView view = answer.view;
    FeatureRow stored = answer.rows.get(key);
    Duration age = stored == null ? null : age(stored.time(), now);
    FeatureReport.State state =
        !answer.isReachable
            ? FeatureReport.State.UNREACHABLE
            : age == null
                ? FeatureReport.State.MISSING
                : isAtMost(age, view.maxAge())
                    ? FeatureReport.State.FRESH
                    : FeatureReport.State.STALE;
    boolean isUsable = age != null && isUsable(view, age);
    List<String> missing = new ArrayList<>();
    for (String column : view.columns()) {
      if (!row.has(column)) {
        JsonNode value = stored == null || !isUsable ? null : stored.values().get(column);
        if (value == null || value.isNull()) {
          missing.add(column);
          row.put(column, view.defaultValues().get(column));
        } else {
          row.set(column, value);
        }
      }
    }
    return new FeatureReport(state, age, missing);
  }

  private static Duration age(Instant time, Instant now) {
    Duration age = Duration.between(time, now);
    return age.isNegative() ? Duration.ZERO : age;
  }

  private static boolean isAtMost(Duration age, @Nullable Duration limit) {
    return limit == null || age.compareTo(limit) <= 0;
  }

  private static boolean isUsable(FeatureView view, Duration age) {
    return isAtMost(age, view.maxAge())
        || (view.allowStaleUpTo() != null && isAtMost(age, view.allowStaleUpTo()));
  }

  private static void requireAllowed(
      String origin, FeatureView view, EntityKey key, FeatureReport report) {
    if (report.missing().isEmpty()) {
      return;
    }
    String entity = "%s: %s %s".formatted(origin, view.key(), Excerpt.ofItem(key.value()));
    Duration age = report.age();
    boolean isUsable = age != null && isUsable(view, age);
    if (report.state() == FeatureReport.State.UNREACHABLE && !isUsable) {
      if (view.unreachable() != FeatureView.Policy.DEFAULT) {
        throw new FeaturesUnavailable(
            entity + ": the features " + view.name() + " are not available.", null);
      }
    } else if (age != null && !isUsable) {
      if (view.stale() == FeatureView.Policy.FAIL) {
        throw new FeaturesUnavailable(
            "%s: the features %s are too old: %s seconds."
                .formatted(entity, view.name(), age.toSeconds()),
            null);
      }
    } else if (view.missing() == FeatureView.Policy.FAIL) {
      throw new InvalidSettings(
          "%s has no %s in the features %s.",
          entity, Excerpt.ofList(report.missing()), view.name());
    }
  }
}
