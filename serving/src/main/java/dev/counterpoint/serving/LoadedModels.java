package dev.counterpoint.serving;

import dev.counterpoint.core.settings.Nearest;
import dev.counterpoint.core.settings.RecordCopy;
import dev.counterpoint.inference.Pipeline;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.composite.CompositeMeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentSkipListMap;
import org.jspecify.annotations.Nullable;

/**
 * A registry of models in memory: the latest version of each name. Adding a model replaces the
 * earlier version, whose requests are still answered.
 *
 * <pre>{@code
 * try (LoadedModels models = new LoadedModels()) {
 *   models.add("sentiment", Pipeline.open(Path.of("runs/sentiment-20260101-120000")));
 *   ProductionModelService service = new ProductionModelService(models);
 * }
 * }</pre>
 */
public final class LoadedModels implements ModelRegistry, AutoCloseable {
  private final BatchLimits limits;
  private final MeterRegistry meters;
  private final Map<String, ServedModel> current = new ConcurrentSkipListMap<>();
  private final List<CompletableFuture<Void>> replaced = new ArrayList<>();

  /** An empty registry with default limits, but one thread per model, and without metrics. */
  public LoadedModels() {
    this(RecordCopy.with(BatchLimits.defaults(), "threads", 1), new CompositeMeterRegistry());
  }

  /** An empty registry. */
  public LoadedModels(BatchLimits limits, MeterRegistry meters) {
    this.limits = limits;
    this.meters = meters;
  }

  /**
   * Adds a model as version 1, or as the next version of an existing name.
   *
   * @param pipeline closed by this registry, also if this method throws
   * @return the version
   */
  public synchronized int add(String name, Pipeline pipeline) {
    @Nullable ServedModel earlier = current.get(name);
    int version = earlier == null ? 1 : earlier.version() + 1;
    try {
      current.put(name, new ServedModel(name, version, pipeline, limits, meters));
    } catch (RuntimeException | Error e) {
      pipeline.close();
      throw e;
    }
    if (earlier != null) {
      replaced.removeIf(CompletableFuture::isDone);
      replaced.add(earlier.release());
    }
    return version;
  }

  @Override
  public ModelLease getModel(ModelId id) {
    ServedModel model = current.get(id.name());
    if (model == null) {
      throw unknown(id, Nearest.suggestion(id.name(), current.keySet()));
    }
    if (id.alias() != null || (id.version() != null && id.version() != model.version())) {
      throw unknown(id, ".");
    }
    return model.lease().orElseGet(() -> getModel(id)); // if it was replaced in the meantime
  }

  private PredictionFailed unknown(ModelId id, String suggestion) {
    return new PredictionFailed(
        PredictionFailed.Reason.UNKNOWN_MODEL,
        "There is no model \"%s\"%s Loaded: %s.".formatted(id, suggestion, names()));
  }

  private String names() {
    return current.isEmpty()
        ? "none"
        : String.join(", ", models().stream().map(ModelId::toString).toList());
  }

  @Override
  public Collection<ModelId> models() {
    return current.values().stream().map(it -> new ModelId(it.name(), it.version(), null)).toList();
  }

  /** Waits until all leases are closed, but at most 30 seconds, and frees the native memory. */
  @Override
  public void close() {
    close(Duration.ofSeconds(30));
  }

  synchronized void close(Duration limit) {
    List<CompletableFuture<Void>> closing = new ArrayList<>(replaced);
    List<ServedModel> models = List.copyOf(current.values());
    current.clear();
    models.forEach(it -> closing.add(it.release()));
    ModelLease.awaitAll(CompletableFuture.allOf(closing.toArray(CompletableFuture[]::new)), limit);
  }
}
