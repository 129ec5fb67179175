package dev.counterpoint.tasks.tabular;

import dev.counterpoint.core.data.source.DataSplits;
import dev.counterpoint.core.internal.storage.Json;
import dev.counterpoint.core.internal.storage.Sha256;
import dev.counterpoint.core.settings.Excerpt;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.tasks.internal.cache.NumberFile;
import dev.counterpoint.tasks.table.Table;
import dev.counterpoint.tasks.targets.NumberTarget;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Encodes the tables of a run into a cache folder. The training rows are read twice: the statistics
 * must be known before the first row is written.
 *
 * @param splits the tables; includes {@code train} unless the schema is known
 * @param schema the schema of a trained model; null to derive it from the training split
 */
record TableBuilder(Tabular settings, List<SplitTable> splits, @Nullable TabularSchema schema) {
  /** Version of the cache format; increase it if the same settings are written differently. */
  private static final String FORMAT = "2";

  static final int CELL_WIDTH = Integer.BYTES;
  static final int LINE_WIDTH = Long.BYTES;

  /** Returns a cache key of everything that the content depends on, without reading the tables. */
  String key(long seed) throws IOException {
    StringBuilder key = new StringBuilder(FORMAT).append(' ').append(settings).append(' ');
    key.append(settings.split() == null ? "" : seed).append(' ').append(schema).append('\n');
    for (SplitTable split : splits) {
      key.append(split.name()).append(' ').append(split.file().stamp()).append('\n');
    }
    return Sha256.of(key.toString().getBytes(StandardCharsets.UTF_8)).substring(0, 32);
  }

  /** Writes the complete cache into an empty folder. */
  void build(Path folder) throws IOException {
    TabularSchema used = schema == null ? SchemaBuilder.schema(settings, splits.get(0)) : schema;
    boolean weighted = schema == null && used.weight() != null;
    MessageDigest digest = Sha256.begin();
    digest.update(Json.MAPPER.writeValueAsBytes(used));
    Map<String, TableContent.SplitContent> contents = new LinkedHashMap<>();
    Map<String, String> sources = new LinkedHashMap<>();
    for (SplitTable split : splits) {
      digest.update(split.name().getBytes(StandardCharsets.UTF_8));
      try (NumberFile cells = new NumberFile(cells(folder, split.name()), CELL_WIDTH);
          NumberFile lines = new NumberFile(lines(folder, split.name()), LINE_WIDTH)) {
        contents.put(split.name(), new SplitWriter(split, used, weighted, cells, lines).write());
        digest.update(cells.finish());
        lines.finish();
      }
      sources.put(split.name(), split.file().hash());
    }
    new TableContent(DataSplits.fingerprint(Sha256.hex(digest), sources), used, weighted, contents)
        .write(folder);
  }

  /**
   * The cells of all rows of a split, {@value #CELL_WIDTH} bytes each. A row has its features
   * (float32), its ids, its target (a class, or float32 numbers) and, if the rows are weighted, its
   * weight (float32).
   */
  static Path cells(Path folder, String split) {
    return folder.resolve(split + ".cells");
  }

  /** The line numbers of the rows of a split in its file, {@value #LINE_WIDTH} bytes each. */
  static Path lines(Path folder, String split) {
    return folder.resolve(split + ".lines");
  }

  /** Encodes the rows of one split. */
  private static final class SplitWriter {
    private final SplitTable split;
    private final TabularSchema schema;
    private final RowEncoder encoder;
    private final boolean weighted;
    private final NumberFile cells;
    private final NumberFile lines;
    private final Map<String, Integer> labelIds = new HashMap<>();
    private final Map<String, Long> unseen = new TreeMap<>();
    private final Map<String, Long> imputed = new TreeMap<>();
    private final long[] labelCounts;
    private long rows;

    SplitWriter(
        SplitTable split,
        TabularSchema schema,
        boolean weighted,
        NumberFile cells,
        NumberFile lines) {
      this.split = split;
      this.schema = schema;
      encoder = new RowEncoder(schema);
      this.weighted = weighted;
      this.cells = cells;
      this.lines = lines;
      schema.target().labels().forEach(label -> labelIds.put(label, labelIds.size()));
      labelCounts = new long[labelIds.size()];
    }

    TableContent.SplitContent write() throws IOException {
      List<String> required = new ArrayList<>(schema.target().columns());
      schema.inputs().forEach(column -> required.add(column.name()));
      if (weighted) {
        required.add(String.valueOf(schema.weight()));
      }
      split.read(required, this::add);
      List<Long> counts = Arrays.stream(labelCounts).boxed().toList();
      return new TableContent.SplitContent(rows, counts, unseen, imputed);
    }

    private void add(Table.Row row) throws IOException {
      rows++;
      RowEncoder.Encoded encoded =
          encoder.encode(
              column -> schema.reading().value(row, column),
              problem -> split.file().invalidLine(row.line(), problem));
      encoded.unseen.forEach(column -> unseen.merge(column, 1L, Long::sum));
      encoded.imputed.forEach(column -> imputed.merge(column, 1L, Long::sum));
      lines.put(row.line());
      for (float feature : encoded.features) {
        put(feature);
      }
      for (int id : encoded.ids) {
        cells.put(id);
      }
      for (String column : schema.target().columns()) {
        if (schema.target().isClass()) {
          int id = Objects.requireNonNull(labelIds.get(label(row)));
          labelCounts[id]++;
          cells.put(id);
        } else {
          put(number(row, column, -Float.MAX_VALUE));
        }
      }
      if (weighted) {
        put(number(row, String.valueOf(schema.weight()), Float.MIN_VALUE));
      }
    }

    private void put(double value) throws IOException {
      cells.put(Float.floatToRawIntBits((float) value));
    }

    private String label(Table.Row row) {
      String column = schema.target().columns().get(0);
      String label = schema.reading().label(row, column);
      if (label == null) {
        throw noValue(row, column);
      }
      if (!labelIds.containsKey(label)) {
        throw split
            .file()
            .invalidLine(
                row.line(),
                "has the label \"%s\", which is not among the training labels: %s. If it is another name of one of them, set data.labels."
                    .formatted(Excerpt.ofItem(label), Excerpt.ofList(schema.target().labels())));
      }
      return label;
    }

    private InvalidSettings noValue(Table.Row row, String column) {
      return split
          .file()
          .invalidLine(row.line(), "has no value in \"%s\".".formatted(Excerpt.ofItem(column)));
    }

    private double number(Table.Row row, String column, double minimum) {
      String value = schema.reading().value(row, column);
      if (value == null) {
        throw noValue(row, column);
      }
      return NumberTarget.parse(split.file(), row.line(), column, value, minimum);
    }
  }
}
