package dev.counterpoint.tasks.tabular;

import dev.counterpoint.core.data.DataSpec;
import dev.counterpoint.core.settings.Excerpt;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.core.settings.Nearest;
import dev.counterpoint.tasks.table.Chunk;
import dev.counterpoint.tasks.table.Table;
import dev.counterpoint.tasks.table.TableFormat;
import dev.counterpoint.tasks.table.TableSource;
import dev.counterpoint.tasks.tokenizer.TextEncoder;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.ObjIntConsumer;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Encodes rows of named values for a trained model for tables. Thread-safe. */
public final class TabularRows implements AutoCloseable {
  private final TabularSchema schema;
  private final RowEncoder encoder;
  private final List<String> inputs;
  private final Set<String> known;
  private final @Nullable TextEncoder texts;

  private TabularRows(TabularSchema schema, @Nullable TextEncoder texts) {
    this.schema = schema;
    this.texts = texts;
    encoder = new RowEncoder(schema);
    inputs = schema.inputs().stream().map(Column::name).toList();
    known = new LinkedHashSet<>(inputs);
    schema.columns().forEach(column -> known.add(column.name()));
    known.addAll(schema.target().columns());
    if (schema.weight() != null) {
      known.add(schema.weight());
    }
  }

  /**
   * Reads the columns of a model folder.
   *
   * @param trained the specification that the model was built for
   * @throws InvalidSettings if the columns are missing or those of another model
   */
  public static TabularRows open(Path folder, DataSpec trained) throws IOException {
    TabularSchema schema = TabularSchema.read(folder, trained);
    TabularSchema.Tokens tokens = schema.tokens();
    return new TabularRows(schema, tokens == null ? null : tokens.encoder(folder));
  }

  /** The names that a row can contain: the inputs, the target, and columns that are not read. */
  public Set<String> columns() {
    return known;
  }

  /**
   * Encodes rows. A value is a text, a number or a boolean; null, and a column that is not given,
   * are missing.
   *
   * @throws InvalidSettings if a column is unknown, a value does not fit its column, or it is
   *     missing although none was in the training data
   */
  public TextEncoder.Encoded encoded(List<? extends Map<String, ? extends @Nullable Object>> rows) {
    List<RowEncoder.Encoded> encoded = new ArrayList<>();
    for (int i = 0; i < rows.size(); i++) {
      encoded.add(encode("Row " + i, rows.get(i)));
    }
    return encoder.batch(encoded, texts);
  }

  /**
   * Checks one row as {@link #encoded} does.
   *
   * @param origin names the row in the message
   */
  public void check(String origin, Map<String, ? extends @Nullable Object> row) {
    encode(origin, row);
  }

  private RowEncoder.Encoded encode(String origin, Map<String, ? extends @Nullable Object> row) {
    for (Map.Entry<String, ? extends @Nullable Object> field : row.entrySet()) {
      if (!known.contains(field.getKey())) {
        throw invalid(
            origin,
            "has the unknown column \"%s\"%s Known: %s."
                .formatted(
                    Excerpt.ofItem(field.getKey()),
                    Nearest.suggestion(field.getKey(), known),
                    Excerpt.ofList(inputs)));
      }
      if (field.getValue() instanceof Map || field.getValue() instanceof Iterable) {
        throw invalid(
            origin,
            "has \"%s\" in the column \"%s\", which is neither a text nor a number."
                .formatted(
                    Excerpt.ofItem(String.valueOf(field.getValue())),
                    Excerpt.ofItem(field.getKey())));
      }
    }
    RowEncoder.Encoded encoded =
        encoder.encode(
            column -> {
              Object value = row.get(column);
              return schema.reading().value(value == null ? null : String.valueOf(value));
            },
            problem -> invalid(origin, problem));
    if (!encoded.imputed.isEmpty()) {
      throw invalid(
          origin,
          "has no value in %s, where the training data has no missing values."
              .formatted(Excerpt.ofList(encoded.imputed)));
    }
    return encoded;
  }

  private static InvalidSettings invalid(String origin, String problem) {
    return new InvalidSettings("%s %s", origin, problem);
  }

  /**
   * Passes the inputs of each row of a file to the handler, after all rows have been checked.
   *
   * @throws InvalidSettings with file and line if a row is invalid
   */
  public void read(Path path, Consumer<Map<String, @Nullable String>> handler) throws IOException {
    TableSource file = TableSource.of(path).requireReadable(false);
    SplitTable table = new SplitTable("", file, schema.reading(), null);
    readRows(table, (rows, row) -> encode(file.origin(rows.line(row)), fields(rows, row)));
    readRows(table, (rows, row) -> handler.accept(fields(rows, row)));
  }

  private void readRows(SplitTable table, ObjIntConsumer<Chunk> handler) throws IOException {
    table.read(
        inputs, rows -> IntStream.range(0, rows.size()).forEach(row -> handler.accept(rows, row)));
  }

  /** Frees the memory of the tokenizer. No thread may still be encoding. */
  @Override
  public void close() {
    if (texts != null) {
      texts.close();
    }
  }

  /** The columns that a row needs. */
  public List<String> inputs() {
    return inputs;
  }

  /** The format of delimited tables. */
  public TableFormat format() {
    return schema.reading().format();
  }

  /** The inputs of a row of a table; null if missing. */
  public Map<String, @Nullable String> fields(Table.Row row) {
    return fields(row::find);
  }

  private Map<String, @Nullable String> fields(Chunk rows, int row) {
    return fields(name -> rows.column(name).text(row));
  }

  private Map<String, @Nullable String> fields(Function<String, @Nullable String> texts) {
    Map<String, @Nullable String> fields = new LinkedHashMap<>();
    inputs.forEach(name -> fields.put(name, schema.reading().value(texts.apply(name))));
    return fields;
  }
}
