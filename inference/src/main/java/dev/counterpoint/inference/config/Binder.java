package dev.counterpoint.inference.config;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.counterpoint.core.settings.FormerName;
import dev.counterpoint.core.settings.InvalidSettings;
import java.util.List;
import java.util.function.Consumer;

/**
 * Binds run files to records, and writes records as run files.
 *
 * <p>Each key is a record component of the same name, or its {@link FormerName}. A component may be
 * an {@code int}, {@code long}, {@code double}, {@code boolean} (or boxed), a {@code String}, an
 * enum ({@code LAST_TOKEN} is written {@code last-token}), a {@code List} or a {@code Map} with
 * string keys, an {@code Optional}, another record, or a contract with a {@link Catalog}, whose
 * implementation is selected by the key {@code type}. A contract's value may be just the type:
 * {@code schedule: cosine} is {@code schedule: {type: cosine}}.
 *
 * <p>Absent keys get their values from the record's {@code public static defaults()}, or from the
 * corresponding value in the enclosing record's defaults; but if {@code type} is given, its own
 * defaults are used. Without defaults every key is required, except for {@code @Nullable} and
 * {@code Optional} components (which may also be set to {@code null}) and for records that have
 * defaults. A list or map in the file replaces the default one completely.
 */
public final class Binder {
  private static final YAMLMapper YAML =
      YAMLMapper.builder()
          .disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER)
          .disable(YAMLGenerator.Feature.SPLIT_LINES)
          .build();

  private final Contracts contracts;

  /**
   * Creates a binder.
   *
   * @param catalogs one catalog for each contract that a record may contain
   * @param classes resolves class names that are not short names of a catalog
   */
  public Binder(List<Catalog<?>> catalogs, SourcePath classes) {
    this.contracts = new Contracts(catalogs, classes);
  }

  /**
   * Creates a record from a tree of settings.
   *
   * @param type a record class, or a contract with a catalog
   * @throws InvalidSettings if any setting is invalid; the message lists every problem with its
   *     location
   */
  public <T> T bind(SettingsTree tree, Class<T> type) {
    return bind(tree, type, note -> {});
  }

  /**
   * Creates a record from a tree of settings.
   *
   * @param notes receives what is valid but may be unexpected, such as keys that are ignored
   * @throws InvalidSettings as {@link #bind(SettingsTree, Class)}
   */
  public <T> T bind(SettingsTree tree, Class<T> type, Consumer<String> notes) {
    Binding binding = new Binding(contracts);
    Object bound = binding.bind(type, tree.root());
    if (!binding.problems().isEmpty()) {
      throw tree.locate(binding.problems());
    }
    binding.notes().forEach(notes);
    return type.cast(bound);
  }

  /**
   * Converts a record to a tree with all settings, including defaults, that binds to an equal
   * record. Null values are omitted unless the absent key would have a default.
   */
  public ObjectNode toTree(Object record) {
    return new TreeWriter(contracts).write(record);
  }

  /** Converts a record to the text of a run file, see {@link #toTree}. */
  public String toYaml(Object record) {
    try {
      return YAML.writeValueAsString(toTree(record));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }
}
