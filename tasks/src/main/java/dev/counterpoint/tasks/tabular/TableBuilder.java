package dev.counterpoint.tasks.tabular;

import dev.counterpoint.core.data.source.DataSplits;
import dev.counterpoint.core.internal.storage.Json;
import dev.counterpoint.core.internal.storage.Sha256;
import dev.counterpoint.core.settings.Excerpt;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.tasks.table.Table;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
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
  private static final String FORMAT = "1";

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
    boolean weighted = schema == null && (used.weight() != null || settings.weighsClasses());
    Map<String, Double> classWeights = Map.of();
    MessageDigest digest = Sha256.begin();
    digest.update(Json.MAPPER.writeValueAsBytes(used));
    Map<String, TableContent.SplitContent> contents = new LinkedHashMap<>();
    Map<String, String> sources = new LinkedHashMap<>();
    RowEncoder encoder = new RowEncoder(used);
    for (SplitTable split : splits) {
      digest.update(split.name().getBytes(StandardCharsets.UTF_8));
      if (split.name().equals(DataSplits.TRAIN) && settings.weighsClasses()) {
        classWeights = classWeights(used, split);
      }
      boolean isTrain = split.name().equals(DataSplits.TRAIN);
      try (RowFiles.Writer writer = new RowFiles.Writer(new RowFiles(folder, split.name()))) {
        SplitWriter rows =
            new SplitWriter(
                split, used, encoder, weighted, isTrain ? classWeights : Map.of(), writer);
        contents.put(split.name(), rows.write());
        writer.finish(digest);
      }
      sources.put(split.name(), split.file().hash());
    }
    new TableContent(DataSplits.fingerprint(Sha256.hex(digest), sources), used, weighted, contents)
        .write(folder);
  }

  /**
   * The weight of each class: as configured, or the number of rows divided by the number of classes
   * and by that of the rows of the class, as {@code class_weight="balanced"} in scikit-learn.
   */
  private Map<String, Double> classWeights(TabularSchema used, SplitTable train)
      throws IOException {
    List<String> labels = used.target().labels();
    Map<String, Double> configured = settings.classWeights();
    if (configured != null) {
      configured.keySet().stream()
          .filter(label -> !labels.contains(label))
          .findFirst()
          .ifPresent(
              label -> {
                throw new InvalidSettings(
                    "data.classWeights has \"%s\", which is not a class. The classes are: %s.",
                    Excerpt.ofItem(label), Excerpt.ofList(labels));
              });
      return configured;
    }
    Map<String, Double> counts = new TreeMap<>();
    String column = used.target().columns().get(0);
    train.read(
        List.of(column),
        row -> counts.merge(String.valueOf(used.reading().label(row, column)), 1.0, Double::sum));
    double rows = counts.values().stream().mapToDouble(it -> it).sum();
    counts.replaceAll((label, count) -> rows / (labels.size() * count));
    return counts;
  }

  /** Encodes the rows of one split. */
  private static final class SplitWriter {
    private final SplitTable split;
    private final TabularSchema schema;
    private final RowEncoder encoder;
    private final boolean weighted;
    private final Map<String, Double> classWeights;
    private final RowFiles.Writer writer;
    private final Map<String, Integer> labelIds = new HashMap<>();
    private final Map<String, Long> unseen = new TreeMap<>();
    private final Map<String, Long> imputed = new TreeMap<>();
    private final long[] labelCounts;
    private long rows;

    SplitWriter(
        SplitTable split,
        TabularSchema schema,
        RowEncoder encoder,
        boolean weighted,
        Map<String, Double> classWeights,
        RowFiles.Writer writer) {
      this.split = split;
      this.schema = schema;
      this.encoder = encoder;
      this.weighted = weighted;
      this.classWeights = classWeights;
      this.writer = writer;
      schema.target().labels().forEach(label -> labelIds.put(label, labelIds.size()));
      labelCounts = new long[labelIds.size()];
    }

    TableContent.SplitContent write() throws IOException {
      List<String> required =
          schema.inputs().stream().map(Column::name).collect(Collectors.toList());
      required.addAll(schema.target().columns());
      if (weighted && schema.weight() != null) {
        required.add(schema.weight());
      }
      split.read(required, this::add);
      return new TableContent.SplitContent(
          rows,
          IntStream.range(0, labelCounts.length).mapToObj(i -> labelCounts[i]).toList(),
          unseen,
          imputed);
    }

    private void add(Table.Row row) throws IOException {
      rows++;
      RowEncoder.Encoded encoded =
          encoder.encode(
              column -> schema.reading().value(row, column),
              problem -> split.file().invalidLine(row.line(), problem));
      encoded.unseen().forEach(column -> unseen.merge(column, 1L, Long::sum));
      encoded.imputed().forEach(column -> imputed.merge(column, 1L, Long::sum));
      writer.addLine(row.line());
      writer.add(encoded.features());
      writer.add(encoded.ids());
      double weight = weight(row);
      if (schema.target().isClass()) {
        String label = label(row);
        int id = Objects.requireNonNull(labelIds.get(label));
        labelCounts[id]++;
        writer.add(new int[] {id});
        weight *= classWeights.getOrDefault(label, 1.0);
      } else {
        writer.add(numbers(row));
      }
      if (weighted) {
        writer.add(new float[] {(float) weight});
      }
    }

    private String label(Table.Row row) {
      String column = schema.target().columns().get(0);
      String label = schema.reading().label(row, column);
      if (label == null) {
        throw noTarget(row, column);
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

    private InvalidSettings noTarget(Table.Row row, String column) {
      return split
          .file()
          .invalidLine(
              row.line(), "has no value in the target \"%s\".".formatted(Excerpt.ofItem(column)));
    }

    private float[] numbers(Table.Row row) {
      List<String> columns = schema.target().columns();
      float[] numbers = new float[columns.size()];
      for (int i = 0; i < numbers.length; i++) {
        String value = schema.reading().value(row, columns.get(i));
        if (value == null) {
          throw noTarget(row, columns.get(i));
        }
        numbers[i] = (float) number(row, columns.get(i), value, Double.NEGATIVE_INFINITY);
      }
      return numbers;
    }

    private double weight(Table.Row row) {
      String column = schema.weight();
      if (!weighted || column == null) {
        return 1;
      }
      String value = schema.reading().value(row, column);
      return number(row, column, value == null ? "" : value, 0);
    }

    private double number(Table.Row row, String column, String value, double minimum) {
      double number = ColumnType.NUMERIC.parse(value);
      if (!Double.isFinite(number) || number < minimum) {
        throw split
            .file()
            .invalidLine(
                row.line(),
                "has \"%s\" in the column \"%s\", which is not a finite number%s."
                    .formatted(
                        Excerpt.ofItem(value),
                        Excerpt.ofItem(column),
                        minimum == 0 ? " of 0 or greater" : ""));
      }
      return number;
    }
  }
}
