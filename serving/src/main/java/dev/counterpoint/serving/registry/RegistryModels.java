package dev.counterpoint.serving.registry;

import com.sun.management.OperatingSystemMXBean;
import dev.counterpoint.core.internal.storage.DamagedFile;
import dev.counterpoint.core.internal.storage.FolderEntries;
import dev.counterpoint.core.safetensors.SafetensorsReader;
import dev.counterpoint.core.settings.Excerpt;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.core.settings.Nearest;
import dev.counterpoint.inference.Pipeline;
import dev.counterpoint.serving.BatchLimits;
import dev.counterpoint.serving.ModelId;
import dev.counterpoint.serving.ModelLease;
import dev.counterpoint.serving.ModelRepository;
import dev.counterpoint.serving.PredictionFailed;
import dev.counterpoint.serving.ServedModel;
import dev.counterpoint.serving.registry.RegistryContent.Version;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Serves models of a registry, and follows their aliases: {@link #refresh} opens what a name refers
 * to now and then replaces the earlier version, whose accepted requests are answered before its
 * memory is freed. If a version cannot be opened, the earlier one is kept.
 */
public final class RegistryModels implements ModelRepository, AutoCloseable {
  /** Opens the folder of a version, with the user-defined code that may run. */
  @FunctionalInterface
  public interface Opener {
    Pipeline open(Path folder) throws IOException;
  }

  /**
   * The models to serve.
   *
   * @param ids the names, versions and aliases, with the limits of each
   * @param maxWeightBytes the limit of the weights of all open models, also of those that are being
   *     replaced
   */
  public record Selection(Map<ModelId, BatchLimits> ids, long maxWeightBytes) {
    public Selection {
      ids = Collections.unmodifiableMap(new LinkedHashMap<>(ids));
    }

    /** A selection whose weights need at most 80 % of the memory outside of the heap. */
    public static Selection of(Map<ModelId, BatchLimits> ids) {
      long memory =
          ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getTotalMemorySize();
      return new Selection(ids, (memory - Runtime.getRuntime().maxMemory()) / 5 * 4);
    }
  }

  private final FolderRegistry registry;
  private final Map<ModelId, BatchLimits> ids;
  private final Opener opener;
  private final MeterRegistry meters;
  private final Consumer<String> log;
  private final long maxWeightBytes;

  /** The bytes of the weights of each open model. */
  private final Map<ServedModel, Long> weights = new ConcurrentHashMap<>();

  private final Map<ServedModel, Version> versions = new ConcurrentHashMap<>(); // if served
  private final List<CompletableFuture<Void>> released = new ArrayList<>();

  /** The last reported failure of each name, so that it is reported only once. */
  private final Map<ModelId, String> failures = new ConcurrentHashMap<>();

  private volatile Map<ModelId, ServedModel> served = Map.of();
  private volatile boolean closing;
  private volatile String outage = ""; // the last message
  private boolean retries; // whether what failed is tried again without a change of the registry
  private List<RegistryEvent> seen = List.of(); // the changes that were applied

  /**
   * Opens the selected models.
   *
   * @param log receives each later replacement and failure
   * @throws InvalidSettings if a version does not exist or cannot be opened
   */
  public RegistryModels(
      FolderRegistry registry,
      Selection selection,
      Opener opener,
      MeterRegistry meters,
      Consumer<String> log)
      throws IOException {
    this.registry = registry;
    ids = new LinkedHashMap<>(selection.ids);
    maxWeightBytes = selection.maxWeightBytes;
    this.opener = opener;
    this.meters = meters;
    this.log = log;
    try {
      RegistryContent content = registry.content();
      for (ModelId id : ids.keySet()) {
        serve(id, model(id, content));
      }
      seen = content.events();
    } catch (IOException | RuntimeException | Error e) {
      ids.keySet().forEach(id -> serve(id, null));
      throw e;
    }
  }

  /** Opens the versions to which the names refer now, and releases those that are replaced. */
  public synchronized void refresh() { // A state that is read first is applied first.
    try {
      RegistryContent content = registry.content();
      if (!content.events().equals(seen)) { // It may also have fewer, if it was restored.
        apply(content);
      }
      outage = "";
    } catch (IOException | RuntimeException | Error e) {
      String message = message(e);
      if (!message.equals(outage)) {
        outage = message;
        log.accept("The served models were not updated: " + message);
      }
    }
  }

  private void apply(RegistryContent content) {
    retries = false;
    for (ModelId id : ids.keySet()) {
      if (closing) {
        return;
      }
      try {
        ServedModel model = model(id, content);
        failures.remove(id);
        if (serve(id, model) != model) {
          log.accept("%s is now version %s".formatted(id, model.version()));
        }
      } catch (IOException | RuntimeException | Error e) { // of a user-defined model
        retries |= e instanceof IOException || e instanceof UncheckedIOException;
        report(id, e);
      }
    }
    seen = retries ? List.of() : content.events(); // else tried again after the next change
  }

  private static String message(Throwable failure) {
    return failure instanceof Error ? failure.toString() : String.valueOf(failure.getMessage());
  }

  private void report(ModelId id, Throwable failure) {
    String message = message(failure);
    if (!message.equals(failures.put(id, message))) {
      meters.counter("counterpoint.load.failures", "model", id.name()).increment();
      log.accept(id + " is not changed: " + message);
    }
  }

  /** The model to which a name refers, which may be open already. */
  private ServedModel model(ModelId id, RegistryContent content) throws IOException {
    Version version = content.find(id);
    BatchLimits limits = Objects.requireNonNull(ids.get(id));
    for (ServedModel existing : served.values()) {
      if (version.equals(versions.get(existing)) && existing.limits().equals(limits)) {
        return existing;
      }
    }
    return open(version, limits);
  }

  private ServedModel open(Version version, BatchLimits limits) throws IOException {
    long needed = weights(registry.folder(version).resolve("model"));
    long used = weights.values().stream().mapToLong(Long::longValue).sum();
    if (needed > maxWeightBytes - used) {
      retries = true; // There is room when the models that were replaced are closed.
      throw new InvalidSettings(
          "%s has weights of %,d MB; %,d of at most %,d MB are used. Unload a model, or increase"
              + " maxWeightBytes.",
          version.id(), needed >> 20, used >> 20, maxWeightBytes >> 20);
    }
    Pipeline pipeline = opener.open(registry.verified(version));
    try {
      ServedModel model =
          new ServedModel(version.name(), version.number(), pipeline, limits, meters);
      weights.put(model, needed);
      versions.put(model, version);
      return model;
    } catch (RuntimeException | Error e) {
      pipeline.close();
      throw e;
    }
  }

  /** The memory for the weights, which is float32 whatever the type in the file. */
  private static long weights(Path model) throws IOException {
    long bytes = 0;
    for (Path file : FolderEntries.of(model)) {
      if (file.toString().endsWith(".safetensors")) {
        try (SafetensorsReader reader = SafetensorsReader.open(file)) {
          bytes +=
              reader.tensors().values().stream()
                  .mapToLong(tensor -> Float.BYTES * tensor.shape().size())
                  .sum();
        } catch (DamagedFile e) {
          bytes += Files.size(file); // It is refused when the content is verified.
        }
      }
    }
    return bytes;
  }

  /**
   * Serves a model under a name from now on, or none. The memory of the earlier model is freed
   * after its last request.
   *
   * @return the earlier model, or null
   */
  private @Nullable ServedModel serve(ModelId id, @Nullable ServedModel model) {
    Map<ModelId, ServedModel> next = new LinkedHashMap<>(served);
    ServedModel earlier = model == null ? next.remove(id) : next.put(id, model);
    served = next;
    released.removeIf(CompletableFuture::isDone);
    if (earlier != null && !next.containsValue(earlier)) {
      versions.remove(earlier);
      released.add(earlier.release().whenComplete((none, failure) -> weights.remove(earlier)));
    }
    return earlier;
  }

  @Override
  public List<Entry> index() throws IOException { // without the lock: a model may be loading
    RegistryContent content = registry.content();
    List<Entry> entries = new ArrayList<>();
    for (Version version : content.all()) {
      boolean isLoaded = served.values().stream().anyMatch(it -> it.isVersion(version.id()));
      String failure =
          failures.entrySet().stream()
              .filter(it -> !isLoaded && refersTo(content, it.getKey(), version))
              .map(Map.Entry::getValue)
              .findFirst()
              .orElse(null);
      entries.add(new Entry(version.id(), content.aliases(version), isLoaded, failure));
    }
    return entries;
  }

  private static boolean refersTo(RegistryContent content, ModelId id, Version version) {
    try {
      return content.find(id).equals(version);
    } catch (InvalidSettings e) {
      return false; // A name that the registry does not have.
    }
  }

  @Override
  public synchronized void load(ModelId id) throws IOException {
    if (closing) {
      throw new IllegalStateException("The models are closed.");
    }
    RegistryContent content = contentWith(id);
    boolean isNew = ids.putIfAbsent(id, BatchLimits.defaults()) == null;
    try {
      serve(id, model(id, content));
    } catch (IOException | RuntimeException | Error e) {
      if (isNew) {
        ids.remove(id);
      }
      throw e;
    }
    failures.remove(id);
  }

  private RegistryContent contentWith(ModelId id) throws IOException {
    RegistryContent content = registry.content();
    try {
      content.find(id);
    } catch (InvalidSettings e) {
      throw unknown(String.valueOf(e.getMessage()));
    }
    return content;
  }

  private static PredictionFailed unknown(String message) {
    return new PredictionFailed(PredictionFailed.Reason.UNKNOWN_MODEL, message);
  }

  @Override
  public synchronized void unload(ModelId id) {
    if (ids.remove(id) == null) {
      throw unknown(id, served.keySet());
    }
    failures.remove(id);
    serve(id, null);
  }

  @Override
  public @Nullable Integer setAlias(
      ModelId id, @Nullable Integer version, @Nullable Integer expected) throws IOException {
    contentWith(version == null ? id : new ModelId(id.name(), version, null));
    registry.setAlias(id, version, expected);
    refresh();
    boolean isDefault = RegistryContent.DEFAULT_ALIAS.equals(id.alias());
    ModelId name = isDefault && !served.containsKey(id) ? new ModelId(id.name(), null, null) : id;
    ServedModel model = served.get(name);
    String failure = failures.getOrDefault(name, outage);
    if (model != null && version != null && !failure.isEmpty()) {
      throw new PredictionFailed(
          PredictionFailed.Reason.FAILED,
          "The alias was changed, but %s is still version %s: %s"
              .formatted(name, model.version(), failure));
    }
    return model == null ? null : model.version();
  }

  @Override
  public ModelLease getModel(ModelId id) {
    Map<ModelId, ServedModel> current = served;
    return Optional.ofNullable(current.get(id))
        .or(() -> current.values().stream().filter(it -> it.isVersion(id)).findFirst())
        .orElseThrow(() -> unknown(id, current.keySet()))
        .lease()
        .orElseGet(() -> getModel(id)); // if it was replaced in the meantime
  }

  private static PredictionFailed unknown(ModelId id, Set<ModelId> loaded) {
    return unknown(
        "There is no model \"%s\"%s Loaded: %s."
            .formatted(
                id,
                Nearest.suggestion(id.name(), loaded.stream().map(ModelId::name).toList()),
                Excerpt.ofList(loaded.stream().map(ModelId::toString).toList())));
  }

  @Override
  public Collection<ModelId> models() {
    return served.values().stream()
        .map(it -> new ModelId(it.name(), it.version(), null))
        .distinct()
        .toList();
  }

  /** Waits until all leases are closed, but at most 30 seconds, and frees the native memory. */
  @Override
  public void close() {
    close(Duration.ofSeconds(30));
  }

  void close(Duration limit) {
    closing = true; // A refresh may have many models to open.
    ModelLease.awaitAll(
        CompletableFuture.supplyAsync(this::releaseAll).thenCompose(CompletableFuture::allOf),
        limit);
  }

  private synchronized CompletableFuture<?>[] releaseAll() {
    List.copyOf(served.keySet()).forEach(id -> serve(id, null));
    return released.toArray(CompletableFuture[]::new);
  }
}
