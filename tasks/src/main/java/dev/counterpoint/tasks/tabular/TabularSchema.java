package dev.counterpoint.tasks.tabular;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.data.DataSpec;
import dev.counterpoint.core.data.TableSpec;
import dev.counterpoint.core.internal.storage.AtomicFile;
import dev.counterpoint.core.internal.storage.Json;
import dev.counterpoint.core.settings.InvalidSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * How rows of a table become inputs of a model: saved with the model as {@value #FILE}.
 *
 * @param reading how the table is read
 * @param columns all columns except for target and weight, in the order of the training file
 * @param weight the column of example weights; null if there is none
 */
record TabularSchema(
    Reading reading, List<Column> columns, Target target, @Nullable String weight) {
  /** The file in the model folder. */
  static final String FILE = "columns.json";

  TabularSchema {
    columns = List.copyOf(columns);
  }

  /**
   * Reads the schema of a model folder.
   *
   * @param trained the specification that the model was built for
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
      if (schema == null || !schema.spec().equals(trained)) {
        throw new InvalidSettings(
            "%s does not belong to the model: config.json has other columns, statistics or labels.",
            file);
      }
      return schema;
    } catch (JacksonException e) {
      throw new InvalidSettings("%s does not describe columns: %s", file, Json.problem(e));
    }
  }

  /** The columns that the model reads: first those with features, then the categorical ones. */
  List<Column> inputs() {
    return Stream.concat(
            columns.stream().filter(it -> it.type().hasFeatures()),
            columns.stream().filter(it -> it.type() == ColumnType.CATEGORICAL))
        .toList();
  }

  /** What a model needs to know. */
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
    return new DataSpec(
        0,
        0,
        table.bins().size(),
        target.isClass() ? target.labels() : target.columns(),
        null,
        null,
        null,
        target.isClass() ? DataSpec.Target.CLASS : DataSpec.Target.NUMBERS,
        table,
        null);
  }

  /** The signature of the model: its inputs and outputs, for people and other programs. */
  ObjectNode signature() {
    ObjectNode signature = Json.MAPPER.createObjectNode().put("version", 1);
    ArrayNode inputs = signature.putArray("inputs");
    inputs().forEach(column -> describe(column, inputs.addObject()));
    ArrayNode outputs = signature.putArray("outputs");
    for (String name : target.columns()) {
      ObjectNode output = outputs.addObject().put("name", name);
      output.put("type", target.isClass() ? "class" : "number");
      if (target.isClass()) {
        output.set("categories", Json.MAPPER.valueToTree(target.labels()));
      }
    }
    return signature.put("decision", target.isClass() ? "softmax" : "identity");
  }

  private static void describe(Column column, ObjectNode input) {
    input.put("name", column.name());
    input.put("type", column.type().kind()).put("nullable", column.isNullable());
    if (column.type() == ColumnType.CATEGORICAL) {
      ArrayNode categories = input.putArray("categories");
      column.categories().stream().filter(it -> !it.isEmpty()).forEach(categories::add);
    } else {
      input.putArray("range").add(column.min()).add(column.max());
    }
  }
}
