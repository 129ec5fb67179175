package dev.counterpoint.runner.cli.model;

import dev.counterpoint.core.data.source.SqlQuery;
import dev.counterpoint.core.internal.storage.Utf8File;
import dev.counterpoint.core.settings.CacheFolder;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.core.settings.RecordCopy;
import dev.counterpoint.inference.internal.code.SourcePath;
import dev.counterpoint.inference.internal.config.Binder;
import dev.counterpoint.inference.internal.config.SettingsTree;
import dev.counterpoint.runner.rundir.Provenance;
import dev.counterpoint.runner.wiring.Catalogs;
import dev.counterpoint.serving.feature.FeatureStore;
import dev.counterpoint.serving.feature.FeatureStoreConfig;
import dev.counterpoint.serving.feature.sql.EmbeddedStore;
import dev.counterpoint.serving.registry.FolderRegistry;
import dev.counterpoint.serving.registry.sql.PostgreSqlRegistry;
import dev.counterpoint.tasks.table.TableSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * YAML files of the command line that name a database, as {@code sql} in a run file, or a store.
 */
public final class DatabaseFile {
  private DatabaseFile() {}

  /** Whether a path has the extension of a YAML file. */
  public static boolean isOne(Path file) {
    return file.toString().matches(".*\\.ya?ml");
  }

  /**
   * Reads a file; its references to files are relative to its folder.
   *
   * @param type a record, or a contract of {@link Catalogs}
   * @param code may have the driver of the database
   */
  public static <T> T read(Path file, Class<T> type, SourcePath code) throws IOException {
    Thread.currentThread().setContextClassLoader(code.loader());
    SettingsTree tree = SettingsTree.load(file.toString(), Utf8File.read(file), List.of());
    Path folder = file.toAbsolutePath().resolveSibling("");
    return new Binder(Catalogs.all(), SourcePath.none(), folder::resolve).bind(tree, type);
  }

  /**
   * Opens a feature store.
   *
   * @param store the folder of an embedded one, or a file with settings
   * @param creates whether the folder may not exist yet
   * @throws InvalidSettings if it does not exist
   */
  public static FeatureStore featureStore(Path store, boolean creates) throws IOException {
    Path folder = store.toAbsolutePath().resolveSibling("");
    if (isOne(store)) {
      return read(store, FeatureStoreConfig.class, SourcePath.none()).open(folder);
    }
    if (!creates && !Files.isDirectory(store)) {
      throw new InvalidSettings("%s does not exist; \"features load\" creates the store.", store);
    }
    return RecordCopy.with(EmbeddedStore.defaults(), "folder", store.toString()).open(Path.of(""));
  }

  /** The given table, or for a YAML file the result of its query in a cached file. */
  public static Path table(Path file, SourcePath code) throws IOException {
    return isOne(file)
        ? TableSource.rows(read(file, SqlQuery.class, code), CacheFolder.path())
        : file;
  }

  /** Opens a registry: its folder, or a file with settings of {@link PostgreSqlRegistry}. */
  public static FolderRegistry registry(Path registry) throws IOException {
    String user = Provenance.userAtHost();
    return isOne(registry)
        ? read(registry, PostgreSqlRegistry.class, SourcePath.none())
            .open(registry.toAbsolutePath().resolveSibling(""), user)
        : new FolderRegistry(registry, user);
  }
}
