package dev.counterpoint.serving.registry;

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
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
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

  private final FolderRegistry registry;
  private final Map<ModelId, BatchLimits> ids;
  private final Opener opener;
  private final MeterRegistry meters;
  private final Consumer<String> log;
  private final List<CompletableFuture<Void>> released = new ArrayList<>();

  /** The failure of each name that was reported, so that it is reported once. */
  private final Map<ModelId, String> failures = new HashMap<>();

  private volatile Map<ModelId, ServedModel> served = Map.of();
  private volatile boolean closing;
  private int seen; // events of the registry

  /**
   * Opens models.
   *
   * @param ids the names, versions and aliases that are served, with the limits of each
   * @param log receives each later replacement and failure
   * @throws InvalidSettings if a version does not exist or cannot be opened
   */
  public RegistryModels(
      FolderRegistry registry,
      Map<ModelId, BatchLimits> ids,
      Opener opener,
      MeterRegistry meters,
      Consumer<String> log)
      throws IOException {
    this.registry = registry;
    this.ids = new LinkedHashMap<>(ids);
    this.opener = opener;
    this.meters = meters;
    this.log = log;
    Map<ModelId, ServedModel> opened = new LinkedHashMap<>();
    try {
      RegistryContent content = registry.content();
      seen = content.events().size();
      for (ModelId id : this.ids.keySet()) {
        opened.put(id, model(id, content, opened));
      }
    } catch (IOException | RuntimeException e) {
      opened.values().stream().distinct().forEach(it -> released.add(it.release()));
      throw e;
    }
    served = opened;
  }

  /** Opens the versions to which the names refer now, and releases those that are replaced. */
  public synchronized void refresh() {
    RegistryContent content;
    try {
      content = registry.content();
    } catch (IOException | RuntimeException e) {
      ids.keySet().forEach(id -> report(id, e));
      return;
    }
    if (content.events().size() == seen) {
      return; // What failed is tried again after the next change of the registry.
    }
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
        report(id, e);
      }
    }
    replace(next);
    seen = content.events().size();
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
    Pipeline pipeline = opener.open(registry.verified(version));
    try {
      return new ServedModel(version.name(), version.number(), pipeline, limits, meters);
    } catch (RuntimeException | Error e) {
      pipeline.close();
      throw e;
    }
  }

  @Override
  public synchronized List<Entry> index() throws IOException {
    RegistryContent content = registry.content();
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
  public synchronized void load(ModelId id) throws IOException {
    boolean isNew = ids.putIfAbsent(id, BatchLimits.defaults()) == null;
    Map<ModelId, ServedModel> next = new LinkedHashMap<>(served);
    try {
      next.put(id, model(id, registry.content(), next));
    } catch (IOException | RuntimeException | Error e) {
      if (isNew) {
        ids.remove(id);
      }
      throw e;
    }
    failures.remove(id);
    replace(next);
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
    before.stream()
        .distinct()
        .filter(it -> !next.containsValue(it))
        .forEach(it -> released.add(it.release()));
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

  /** A served name, or the version of one. */
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
