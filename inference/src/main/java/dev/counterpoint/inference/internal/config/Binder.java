package dev.counterpoint.inference.internal.config;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.counterpoint.core.settings.FormerName;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.core.settings.InvalidSettings.Problem;
import dev.counterpoint.core.settings.Secrets;
import dev.counterpoint.inference.internal.code.SourcePath;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Binds run files to records, and writes records as run files.
 *
 * <p>Each key is a record component of the same name, or its {@link FormerName}. A component may be
 * an {@code int}, {@code long}, {@code double}, {@code boolean} (or boxed), a {@code String}, an
 * enum ({@code LAST_TOKEN} is written {@code last-token}), a {@code List} or a {@code Map} with
 * string keys, an {@code Optional}, another record, or a contract with a {@link Catalog}, whose
 * implementation is selected by the key {@code type}. A contract's value may be just the type:
 * {@code schedule: cosine} is {@code schedule: {type: cosine}}. If it is a number, and the first
 * setting of the default type is an integer, it is that setting: {@code feedForward: 8} is {@code
 * feedForward: {multiple: 8}}.
 *
 * <p>Absent keys get their values from the record's {@code public static defaults()}, or from the
 * corresponding value in the enclosing record's defaults; but if {@code type} is given, its own
 * defaults are used. Without defaults every key is required, except for {@code @Nullable} and
 * {@code Optional} components (which may also be set to {@code null}) and for records that have
 * defaults. A list or map in the file replaces the default one completely.
 *
 * <p>A value may contain references: {@code ${ENV:NAME}} and {@code ${file:PATH}}.
 */
public final class Binder {
  private static final YAMLMapper YAML =
      YAMLMapper.builder()
          .disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER)
          .disable(YAMLGenerator.Feature.SPLIT_LINES)
          .build();

  private final Contracts contracts;
  private final References references;

  /**
   * Creates a binder.
   *
   * @param catalogs one catalog for each contract that a record may contain
   * @param classes resolves class names that are not short names of a catalog
   */
  public Binder(List<Catalog<?>> catalogs, SourcePath classes) {
    this(catalogs, classes, Path::of);
  }

  /**
   * Creates a binder.
   *
   * @param files resolves the file names of references, such as {@code ${file:PATH}}
   */
  public Binder(List<Catalog<?>> catalogs, SourcePath classes, Function<String, Path> files) {
    this.contracts = new Contracts(catalogs, classes);
    this.references = new References(files);
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
    List<Problem> problems = new ArrayList<>();
    return bind(tree, references.resolve(tree.root(), "", problems), problems, type, notes);
  }

  /**
   * Creates a record from an untrusted file: a text like <code>${ENV:NAME}</code> is not a
   * reference, but stands for itself.
   *
   * @throws InvalidSettings as {@link #bind(SettingsTree, Class)}
   */
  public <T> T bindLiterals(SettingsTree tree, Class<T> type) {
    return bind(tree, tree.root(), new ArrayList<>(), type, note -> {});
  }

  private <T> T bind(
      SettingsTree tree,
      YamlNode root,
      List<Problem> problems,
      Class<T> type,
      Consumer<String> notes) {
    Binding binding = new Binding(contracts);
    Object bound = problems.isEmpty() ? binding.bind(type, root) : tree;
    problems.addAll(binding.problems());
    if (!problems.isEmpty()) {
      throw tree.locate(problems).with(it -> new Problem(it.key(), Secrets.mask(it.message())));
    }
    binding.notes().forEach(notes);
    return type.cast(bound);
  }

  /**
   * Converts a record to a tree with all settings, including defaults, that binds to an equal
   * record. Null values are omitted unless the absent key would have a default. Values that were
   * bound from references, such as {@code ${ENV:NAME}}, are written as references.
   */
  public ObjectNode toTree(Object record) {
    ObjectNode settings = new TreeWriter(contracts).write(record);
    references.restore(settings);
    return settings;
  }

  /** All settings as {@link #toTree}, with the values of references, which must not be shown. */
  public ObjectNode resolvedTree(Object record) {
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
