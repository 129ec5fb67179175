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
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.stream.Collectors;
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

  private final List<CompletableFuture<Void>> released = new ArrayList<>();

  /** The last reported failure of each name, so that it is reported only once. */
  private final Map<ModelId, String> failures = new HashMap<>();

  private volatile Map<ModelId, ServedModel> served = Map.of();
  private volatile boolean closing;
  private volatile String outage = ""; // the last message
  private boolean retries; // whether what failed is tried again without a change of the registry
  private int seen; // events of the registry

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
    Map<ModelId, ServedModel> opened = new LinkedHashMap<>();
    try {
      RegistryContent content = registry.content();
      seen = content.events().size();
      for (ModelId id : ids.keySet()) {
        opened.put(id, model(id, content, opened));
      }
    } catch (IOException | RuntimeException | Error e) {
      opened.values().stream().distinct().forEach(this::release);
      throw e;
    }
    served = opened;
  }

  /** Opens the versions to which the names refer now, and releases those that are replaced. */
  public void refresh() {
    try {
      refresh(registry.content()); // read without the lock: a database may not answer
      outage = "";
    } catch (IOException | RuntimeException e) {
      String message = String.valueOf(e.getMessage());
      if (!message.equals(outage)) {
        outage = message;
        log.accept("The served models were not updated: " + message);
      }
    }
  }

  private synchronized void refresh(RegistryContent content) {
    if (content.events().size() <= seen) {
      return; // What failed is tried again after the next change of the registry.
    }
    retries = false;
    Map<ModelId, ServedModel> next = new LinkedHashMap<>(served);
    for (ModelId id : ids.keySet()) {
      if (closing) {
        break;
      }
      try {
        ServedModel model = model(id, content, next);
        failures.remove(id);
        if (next.put(id, model) != model) {
          log.accept("%s is now version %s".formatted(id, model.version()));
        }
      } catch (IOException | RuntimeException | Error e) { // of a user-defined model
        retries |= e instanceof IOException || e instanceof UncheckedIOException;
        report(id, e);
      }
    }
    replace(next);
    if (!retries) {
      seen = content.events().size();
    }
  }

  private void report(ModelId id, Throwable failure) {
    String message =
        failure instanceof Error ? failure.toString() : String.valueOf(failure.getMessage());
    if (!message.equals(failures.put(id, message))) {
      meters.counter("counterpoint.load.failures", "model", id.name()).increment();
      log.accept(id + " is not changed: " + message);
    }
  }

  /** The model to which a name refers, which may be open already. */
  private ServedModel model(ModelId id, RegistryContent content, Map<ModelId, ServedModel> open)
      throws IOException {
    Version version = content.find(id);
    BatchLimits limits = Objects.requireNonNull(ids.get(id));
    for (ServedModel existing : open.values()) {
      if (existing.isVersion(version.id()) && existing.limits().equals(limits)) {
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

  /** Releases a model; its memory is freed after its last request. */
  private void release(ServedModel model) {
    released.add(model.release().whenComplete((none, failure) -> weights.remove(model)));
  }

  @Override
  public List<Entry> index() throws IOException {
    return index(registry.content());
  }

  private synchronized List<Entry> index(RegistryContent content) {
    List<Entry> entries = new ArrayList<>();
    for (TreeMap<Integer, Version> versions : content.versions().values()) {
      for (Version version : versions.values()) {
        boolean isLoaded = served.values().stream().anyMatch(it -> it.isVersion(version.id()));
        String failure =
            failures.entrySet().stream()
                .filter(it -> !isLoaded && refersTo(content, it.getKey(), version))
                .map(Map.Entry::getValue)
                .findFirst()
                .orElse(null);
        entries.add(new Entry(version.id(), content.aliases(version), isLoaded, failure));
      }
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
  public void load(ModelId id) throws IOException {
    load(id, registry.content());
  }

  private synchronized void load(ModelId id, RegistryContent content) throws IOException {
    if (closing) {
      throw new IllegalStateException("The models are closed.");
    }
    boolean isNew = ids.putIfAbsent(id, BatchLimits.defaults()) == null;
    Map<ModelId, ServedModel> next = new LinkedHashMap<>(served);
    try {
      next.put(id, model(id, content, next));
    } catch (IOException | RuntimeException | Error e) {
      if (isNew) {
        ids.remove(id);
      }
      throw e;
    }
    failures.remove(id);
    replace(next);
    seen = Math.min(seen, content.events().size()); // A refresh may have read later changes.
  }

  @Override
  public synchronized void unload(ModelId id) {
    if (ids.remove(id) == null) {
      throw new InvalidSettings(
          "\"%s\" is not loaded. Loaded: %s.",
          id,
          ids.isEmpty()
              ? "none"
              : Excerpt.ofList(ids.keySet().stream().map(ModelId::toString).toList()));
    }
    failures.remove(id);
    Map<ModelId, ServedModel> next = new LinkedHashMap<>(served);
    next.remove(id);
    replace(next);
  }

  @Override
  public void setAlias(ModelId id, @Nullable Integer version, @Nullable Integer expected)
      throws IOException {
    registry.setAlias(id, version, expected);
    refresh();
  }

  private void replace(Map<ModelId, ServedModel> next) {
    Collection<ServedModel> before = served.values();
    served = next;
    released.removeIf(CompletableFuture::isDone);
    before.stream().distinct().filter(it -> !next.containsValue(it)).forEach(this::release);
  }

  @Override
  public ModelLease getModel(ModelId id) {
    while (true) {
      Map<ModelId, ServedModel> current = served;
      ServedModel model = find(id, current);
      if (model == null) {
        String names = models().stream().map(ModelId::toString).collect(Collectors.joining(", "));
        throw new PredictionFailed(
            PredictionFailed.Reason.UNKNOWN_MODEL,
            "There is no model \"%s\"%s Loaded: %s."
                .formatted(
                    id,
                    Nearest.suggestion(
                        id.name(), current.keySet().stream().map(ModelId::name).toList()),
                    names));
      }
      Optional<ModelLease> lease = model.lease();
      if (lease.isPresent()) {
        return lease.get();
      }
      // The model was replaced between the two calls.
    }
  }

  /** The model of a served name, or of a version that a served name refers to. */
  private static @Nullable ServedModel find(ModelId id, Map<ModelId, ServedModel> models) {
    return Optional.ofNullable(models.get(id))
        .or(() -> models.values().stream().filter(it -> it.isVersion(id)).findFirst())
        .orElse(null);
  }

  @Override
  public Collection<ModelId> models() {
    return served.values().stream()
        .distinct()
        .map(it -> new ModelId(it.name(), it.version(), null))
        .toList();
  }

  /** Waits until all leases are closed, and frees the native memory. */
  @Override
  public void close() {
    closing = true; // A refresh may have many models to open.
    closeAll();
  }

  private synchronized void closeAll() {
    replace(Map.of());
    CompletableFuture.allOf(released.toArray(CompletableFuture[]::new)).join();
  }
}
