package dev.counterpoint.tasks.tabular;

import dev.counterpoint.core.settings.Excerpt;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.tasks.table.Chunk;
import dev.counterpoint.tasks.table.TableSplit;
import dev.counterpoint.tasks.tokenizer.Tokenizer;
import dev.counterpoint.tasks.tokenizer.TokenizerSettings;
import dev.counterpoint.tasks.tokenizer.VocabularyBuilder;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Derives the schema of a table from its training rows, in one pass. */
final class SchemaBuilder {
  private final Tabular settings;
  private final SplitTable train;
  private final List<String> targets;
  private final @Nullable VocabularyBuilder vocabulary; // null without texts
  private @Nullable String text;
  private long missingTexts;
  private final Map<String, ColumnProfile> profiles = new LinkedHashMap<>();

  private SchemaBuilder(Tabular settings, SplitTable train) {
    this.settings = settings;
    this.train = train;
    targets = settings.targetColumns();
    TokenizerSettings texts = settings.tokenizer();
    vocabulary = texts == null ? null : new VocabularyBuilder(texts);
    String weight = settings.weight();
    for (String name : settings.featureColumns()) {
      if (targets.contains(name) || name.equals(weight)) {
        throw new InvalidSettings(
            "data.features has the column %s, which is %s.",
            Excerpt.ofItem(name), name.equals(weight) ? "the weight" : "predicted");
      }
    }
  }

  /**
   * Reads the training rows.
   *
   * @param existing the tokenizer of the texts; null to build one
   * @param folder receives the tokenizer if there is a column of type text
   * @throws InvalidSettings if a column of the settings does not exist, a value does not fit its
   *     configured type, or the target has no value or always the same
   */
  static TabularSchema schema(
      Tabular settings, SplitTable train, @Nullable Tokenizer existing, Path folder)
      throws IOException {
    return new SchemaBuilder(settings, train).schema(existing, folder);
  }

  /**
   * Reads only the target of the training rows.
   *
   * @param trained the schema of the other columns
   * @throws InvalidSettings as {@link #schema}, or if the target is an input of the schema
   */
  static TabularSchema withNewTarget(Tabular settings, SplitTable train, TabularSchema trained)
      throws IOException {
    SchemaBuilder builder = new SchemaBuilder(settings, train);
    for (String name : builder.targets) {
      train.file().requireColumn(name, train.columns());
      builder.profiles.put(name, new ColumnProfile(train.file(), name));
    }
    builder.read(builder.targets);
    return trained.with(train.reading(), builder.target(), settings.weight());
  }

  private TabularSchema schema(@Nullable Tokenizer existing, Path folder) throws IOException {
    List<String> required = new ArrayList<>(targets);
    required.addAll(settings.columns().keySet());
    required.addAll(settings.featureColumns());
    String weight = settings.weight();
    if (weight != null) {
      required.add(weight);
    }
    List<String> names = train.columns();
    required.forEach(name -> train.file().requireColumn(name, names));
    if (new HashSet<>(names).size() < names.size()) { // Other names differ.
      throw new InvalidSettings(
          "%s has several columns without a name; name them in its header or in data.columnNames.",
          train.file().name());
    }
    names.forEach(name -> profiles.put(name, new ColumnProfile(train.file(), name)));
    read(
        names.stream()
            .filter(it -> targets.contains(it) || settings.columns().get(it) != ColumnType.IGNORE)
            .toList());
    Target target = target();
    List<Column> columns =
        profiles.keySet().stream()
            .filter(name -> !targets.contains(name) && !name.equals(weight))
            .map(this::column)
            .toList();
    if (columns.stream().allMatch(column -> column.type() == ColumnType.IGNORE)) {
      throw new InvalidSettings(
          "%s has no column to predict %s from.", train.file().name(), Excerpt.ofList(targets));
    }
    TabularSchema.Tokens tokens = null;
    if (vocabulary != null && text != null) {
      Tokenizer tokenizer = existing == null ? vocabulary.tokenizer() : existing;
      tokenizer.save(folder);
      tokens =
          new TabularSchema.Tokens(
              text,
              tokenizer.vocabularySize(),
              tokenizer.special().padding(),
              tokenizer.limit(Objects.requireNonNull(settings.maxLength())));
    }
    return new TabularSchema(train.reading(), columns, target, weight, tokens);
  }

  private void read(List<String> names) throws IOException {
    Reading reading = train.reading();
    train.read(
        names,
        rows ->
            names.parallelStream()
                .forEach(
                    name -> add(name, rows, reading.fields(rows, name, targets.contains(name)))));
  }

  private void add(String name, Chunk rows, Reading.Fields fields) {
    boolean isText = settings.columns().get(name) == ColumnType.TEXT && !targets.contains(name);
    if (vocabulary == null || !isText) {
      profile(name).add(rows, fields);
      return;
    }
    for (int row = 0; row < rows.size(); row++) {
      String value = fields.valueOrEmpty(row);
      vocabulary.add(value);
      missingTexts += value.isEmpty() ? 1 : 0;
    }
  }

  private Column column(String name) {
    ColumnType requested = settings.columns().get(name);
    if (requested == ColumnType.TEXT) {
      text = name;
      return Column.text(name, missingTexts);
    }
    if (requested == null && settings.featureKeys().contains(name)) {
      return Column.ignored(name, "the key of features");
    }
    TableSplit split = settings.split();
    if (requested == null
        && split != null
        && split.by() == TableSplit.By.GROUP
        && name.equals(split.column())) {
      return Column.ignored(name, "the groups of the split");
    }
    return profile(name).column(requested, settings.quantile(), settings.minimumCount());
  }

  private ColumnProfile profile(String name) {
    return Objects.requireNonNull(profiles.get(name));
  }

  private Target target() {
    for (String name : targets) {
      ColumnProfile profile = profile(name);
      int values = profile.distinct().size();
      if (values < 2) {
        throw new InvalidSettings(
            "The target \"%s\" of %s has %s; at least two different values are needed.",
            Excerpt.ofItem(name),
            train.file().name(),
            values == 0
                ? "no values"
                : "only the value \""
                    + Excerpt.ofItem(profile.distinct().iterator().next())
                    + "\"");
      }
    }
    ColumnType type = settings.columns().get(targets.get(0));
    type = type == ColumnType.IGNORE ? null : type; // as an input
    boolean isNumber =
        targets.size() > 1 || type == ColumnType.NUMERIC || (type == null && isQuantity());
    if (isNumber) {
      if (settings.balanceClasses() || settings.classWeights() != null) {
        throw new InvalidSettings(
            "The target %s is a number and has no classes to weigh; to predict classes, set its type in data.columns to categorical.",
            Excerpt.ofList(targets));
      }
      targets.forEach(name -> profile(name).requireTarget());
      return new Target(
          targets,
          List.of(),
          targets.stream().map(name -> profile(name).mean()).toList(),
          targets.stream().map(name -> profile(name).deviation()).toList());
    }
    ColumnProfile profile = profile(targets.get(0));
    profile.requireClasses(type == null);
    return new Target(targets, profile.values(), List.of(), List.of());
  }

  private boolean isQuantity() {
    return profile(targets.get(0)).isQuantity();
  }
}
