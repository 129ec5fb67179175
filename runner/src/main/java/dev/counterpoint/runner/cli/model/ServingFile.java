package dev.counterpoint.runner.cli.model;

import dev.counterpoint.core.internal.storage.Utf8File;
import dev.counterpoint.core.settings.Checks;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.core.settings.RecordCopy;
import dev.counterpoint.inference.internal.code.SourcePath;
import dev.counterpoint.inference.internal.config.Binder;
import dev.counterpoint.inference.internal.config.Catalog;
import dev.counterpoint.inference.internal.config.SettingsTree;
import dev.counterpoint.runner.wiring.Catalogs;
import dev.counterpoint.serving.BatchLimits;
import dev.counterpoint.serving.ModelId;
import dev.counterpoint.serving.feature.FeatureStoreConfig;
import dev.counterpoint.serving.http.HttpSettings;
import dev.counterpoint.serving.http.Tls;
import dev.counterpoint.serving.registry.RegistryModels;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The file of {@code serve}: models of a registry, and how they are served.
 *
 * @param registry the folder of the registry, or a YAML file with its database, relative to the
 *     folder of the file
 * @param models the names, versions and aliases that are served, with the limits of each
 * @param features the feature store; null if there is none
 * @param refreshSeconds the time between two looks at the registry
 * @param maxWeightBytes the limit of the weights of all open models; null for 80 % of the memory
 *     that the heap leaves
 * @param accessLog whether each request is printed, as a line of JSON without its content
 */
public record ServingFile(
    String registry,
    Map<String, BatchLimits> models,
    @Nullable FeatureStoreConfig features,
    HttpSettings http,
    int refreshSeconds,
    @Nullable Long maxWeightBytes,
    boolean accessLog) {
  private static final Catalog<Tls> TLS =
      Catalog.of(Tls.class)
          .with("pem", Tls.Pem.class)
          .with("terminated-upstream", Tls.TerminatedUpstream.class);

  public ServingFile {
    models = new LinkedHashMap<>(models);
    new Checks()
        .positive("refreshSeconds", refreshSeconds)
        .positive("maxWeightBytes", maxWeightBytes)
        .verify();
    models.keySet().forEach(ModelId::parse);
  }

  public static ServingFile defaults() {
    return new ServingFile("registry", Map.of(), null, HttpSettings.defaults(), 2, null, true);
  }

  static ServingFile read(Path file) throws IOException {
    SettingsTree tree = SettingsTree.load(file.toString(), Utf8File.read(file), List.of());
    Path folder = file.toAbsolutePath().resolveSibling("");
    ServingFile read = bind(tree, folder);
    if (read.models.isEmpty()) {
      throw new InvalidSettings("%s names no models, such as models: {sentiment: {}}.", file);
    }
    Tls tls = read.http.tls();
    HttpSettings http =
        tls == null
            ? read.http
            : RecordCopy.with(
                read.http, "tls", tls.withFiles(name -> folder.resolve(name).toString()));
    return RecordCopy.with(
        read, Map.of("registry", folder.resolve(read.registry).toString(), "http", http));
  }

  /** Converts settings; their references to files are relative to a folder. */
  public static ServingFile bind(SettingsTree tree, Path folder) {
    List<Catalog<?>> catalogs = new ArrayList<>(Catalogs.all());
    catalogs.add(TLS);
    return new Binder(catalogs, SourcePath.none(), folder::resolve).bind(tree, ServingFile.class);
  }

  RegistryModels.Selection selection() {
    Map<ModelId, BatchLimits> ids = new LinkedHashMap<>();
    models.forEach((id, limits) -> ids.put(ModelId.parse(id), limits));
    return maxWeightBytes == null
        ? RegistryModels.Selection.of(ids)
        : new RegistryModels.Selection(ids, maxWeightBytes);
  }
}
