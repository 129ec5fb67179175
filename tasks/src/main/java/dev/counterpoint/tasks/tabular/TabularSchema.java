package dev.counterpoint.tasks.tabular;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JacksonException;
import dev.counterpoint.core.data.DataSpec;
import dev.counterpoint.core.data.ModelSignature;
import dev.counterpoint.core.data.TableSpec;
import dev.counterpoint.core.internal.storage.AtomicFile;
import dev.counterpoint.core.internal.storage.Json;
import dev.counterpoint.core.settings.Excerpt;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.core.settings.RecordCopy;
import dev.counterpoint.tasks.tokenizer.TextEncoder;
import dev.counterpoint.tasks.tokenizer.TokenizerFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * How rows of a table become inputs of a model: saved with the model as {@value #FILE}.
 *
 * @param reading how the table is read
 * @param columns all columns except for target and weight, in the order of the training file
 * @param weight the column of example weights; null if there is none
 * @param tokens the tokens of the column of type text; null if there is none
 */
record TabularSchema(
    Reading reading,
    List<Column> columns,
    Target target,
    @Nullable String weight,
    @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Tokens tokens) {
  /** The shape of one value per row. */
  private static final List<Integer> ROW = List.of(-1);

  /** The name of the schema file in the model folder. */
  static final String FILE = "columns.json";

  TabularSchema {
    columns = List.copyOf(columns);
  }

  /**
   * The tokens of the text column.
   *
   * @param column the name of the column
   * @param size the size of the vocabulary
   * @param padding the id that pads short texts
   * @param maxLength the maximum number of tokens of a text
   */
  record Tokens(String column, int size, int padding, int maxLength) {
    TextEncoder encoder(Path folder) throws IOException {
      return new TextEncoder(TokenizerFolder.open(folder), maxLength);
    }
  }

  /**
   * Reads the schema of a model folder.
   *
   * @param trained the specification that the model was built for; without labels if the model gets
   *     a new target
   * @throws InvalidSettings if there is no schema, or it is that of another model
   */
  static TabularSchema read(Path folder, DataSpec trained) throws IOException {
    Path file = folder.resolve(FILE);
    if (!Files.isRegularFile(file)) {
      throw new InvalidSettings("%s does not exist; a model for tables needs it.", file);
    }
    try {
      TabularSchema schema =
          Json.MAPPER.treeToValue(AtomicFile.readJson(file), TabularSchema.class);
      DataSpec spec = schema == null ? null : schema.spec();
      if (spec == null || !(spec.equals(trained) || spec.withoutTarget().equals(trained))) {
        throw new InvalidSettings(
            "%s does not belong to the model: columns, statistics or labels in config.json differ.",
            file);
      }
      return schema;
    } catch (JacksonException e) {
      throw new InvalidSettings("%s does not describe columns: %s", file, Json.problem(e));
    }
  }

  /** The columns that the model reads: those with features, the categorical ones, and the text. */
  List<Column> inputs() {
    return Stream.of(
            columns.stream().filter(it -> it.type().hasFeatures()),
            columns.stream().filter(it -> it.type() == ColumnType.CATEGORICAL),
            columns.stream().filter(it -> it.type() == ColumnType.TEXT))
        .flatMap(it -> it)
        .toList();
  }

  /**
   * Returns a copy with the given outputs.
   *
   * @throws InvalidSettings if an output is an input
   */
  TabularSchema with(Reading texts, Target outputs, @Nullable String weights) {
    List<String> names =
        Stream.concat(outputs.columns().stream(), Stream.ofNullable(weights)).toList();
    for (Column input : inputs()) {
      if (names.contains(input.name())) {
        throw new InvalidSettings(
            "The column %s is an input of the model in model.from; it cannot be the target or the weight.",
            Excerpt.ofItem(input.name()));
      }
    }
    Stream<Column> earlier =
        Stream.concat(target.columns().stream(), Stream.ofNullable(weight))
            .map(name -> Column.ignored(name, "the target or the weight of an earlier run"));
    List<Column> all =
        Stream.concat(columns.stream(), earlier).filter(it -> !names.contains(it.name())).toList();
    return new TabularSchema(texts, all, outputs, weights, tokens);
  }

  /** The properties of the data that a model is built for. */
  DataSpec spec() {
    TableSpec table =
        new TableSpec(
            inputs().stream()
                .filter(it -> it.type() == ColumnType.CATEGORICAL)
                .map(it -> it.categories().size() + 1)
                .toList(),
            inputs().stream().flatMap(it -> it.bins().stream()).toList(),
            target.means(),
            target.deviations());
    List<String> names = target.isClass() ? target.labels() : target.columns();
    DataSpec.Target predicted = target.isClass() ? DataSpec.Target.CLASS : DataSpec.Target.NUMBERS;
    DataSpec rows =
        tokens == null
            ? DataSpec.ofFeatures(0, names)
            : DataSpec.ofText(tokens.size, tokens.padding, names).withMaxLength(tokens.maxLength);
    return RecordCopy.with(
        rows, Map.of("features", table.bins().size(), "target", predicted, "table", table));
  }

  /** The signature of the model: its inputs and outputs, for people and other programs. */
  ModelSignature signature() {
    String type = target.isClass() ? "class" : "number";
    List<String> labels = target.isClass() ? target.labels() : null;
    return ModelSignature.of(
            inputs().stream().map(this::field).toList(),
            target.columns().stream()
                .map(it -> new ModelSignature.Field(it, type, ROW, false, labels, null))
                .toList())
        .deciding(spec(), target.isClass() ? "softmax" : "identity", Map.of());
  }

  private ModelSignature.Field field(Column column) {
    boolean isCategorical = column.type() == ColumnType.CATEGORICAL;
    return new ModelSignature.Field(
        column.name(),
        column.type().kind(),
        tokens != null && column.type() == ColumnType.TEXT ? List.of(-1, tokens.maxLength) : ROW,
        column.isNullable(),
        isCategorical ? column.categories().stream().filter(it -> !it.isEmpty()).toList() : null,
        column.type().hasFeatures() ? Arrays.asList(column.min(), column.max()) : null);
  }
}
