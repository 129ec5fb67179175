package dev.counterpoint.inference.config;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.counterpoint.core.settings.InvalidSettings;
import java.util.List;

/**
 * Makes records of a run file, and a run file of records.
 *
 * <p>A key is a record component of that name. A component may be an {@code int}, {@code long},
 * {@code double}, {@code boolean} (or boxed), a {@code String}, an enum ({@code LAST_TOKEN} is
 * written {@code last-token}), a {@code List} or a {@code Map} with text keys, an {@code Optional},
 * another record, or a contract with a {@link Catalog}, whose implementation the key {@code type}
 * chooses. A contract's value may be its type alone: {@code schedule: cosine} is {@code schedule:
 * {type: cosine}}.
 *
 * <p>Absent keys have the values of the record's {@code public static defaults()}, or those that
 * the enclosing record's defaults have there; but a {@code type} that is given starts from its own
 * defaults. Without defaults every key must be given, save those of {@code @Nullable} and {@code
 * Optional} components, which the value {@code null} also empties, and of records that have
 * defaults. A list or map that is given replaces the default one wholly.
 */
public final class Binder {
  private static final YAMLMapper YAML =
      YAMLMapper.builder()
          .disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER)
          .disable(YAMLGenerator.Feature.SPLIT_LINES)
          .build();

  private final Contracts contracts;

  /**
   * A binder.
   *
   * @param catalogs one for each contract that a record may hold
   * @param classes where classes are found that no catalog has a name for
   */
  public Binder(List<Catalog<?>> catalogs, SourcePath classes) {
    this.contracts = new Contracts(catalogs, classes);
  }

  /**
   * The record that was asked for.
   *
   * @param type a record class, or a contract with a catalog
   * @throws InvalidSettings naming everything that is wrong in the whole tree, each with its place
   */
  public <T> T bind(SettingsTree tree, Class<T> type) {
    Binding binding = new Binding(contracts);
    Object bound = binding.bind(type, tree.root());
    if (!binding.problems().isEmpty()) {
      throw tree.locate(binding.problems());
    }
    return type.cast(bound);
  }

  /**
   * All settings of a record, defaults filled in, as a tree that binds to an equal one. What is
   * null is left out, unless absent would mean something else.
   */
  public ObjectNode toTree(Object record) {
    return new TreeWriter(contracts).write(record);
  }

  /** {@link #toTree} as the text of a run file. */
  public String toYaml(Object record) {
    try {
      return YAML.writeValueAsString(toTree(record));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }
}
