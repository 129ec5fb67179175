package dev.counterpoint.serving;

import dev.counterpoint.core.settings.InvalidSettings;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A registry whose models can be loaded and unloaded, and whose aliases move. Thread-safe. */
public interface ModelRepository extends ModelRegistry {
  /**
   * A version of a model.
   *
   * @param isLoaded whether it can be leased
   * @param failure why it cannot be loaded; null if this is unknown
   */
  record Entry(ModelId id, List<String> aliases, boolean isLoaded, @Nullable String failure) {
    public Entry {
      aliases = List.copyOf(aliases);
    }
  }

  /** All versions, loaded or not. */
  List<Entry> index() throws IOException;

  /**
   * Loads a model, or the version to which a name or alias refers now.
   *
   * @throws PredictionFailed if it does not exist
   * @throws InvalidSettings if it cannot be opened; what was loaded before is kept
   */
  void load(ModelId id) throws IOException;

  /**
   * Unloads a name, version or alias. Accepted requests are answered.
   *
   * @throws PredictionFailed if it is not loaded
   */
  void unload(ModelId id);

  /**
   * Moves an alias, and loads the versions that loaded names refer to then.
   *
   * @param id the name with the alias
   * @param version the version from now on; null removes the alias
   * @param expected the version until now, 0 for none; null allows any
   * @return the version that the alias serves from now on; null if it is not loaded
   * @throws RegistryConflict if the alias is not as expected
   * @throws PredictionFailed if the version does not exist, or the alias was moved, but the version
   *     could not be loaded
   */
  @Nullable Integer setAlias(ModelId id, @Nullable Integer version, @Nullable Integer expected)
      throws IOException;
}
