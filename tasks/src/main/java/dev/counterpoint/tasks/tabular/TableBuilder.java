package dev.counterpoint.tasks.tabular;

import ai.djl.huggingface.tokenizers.Encoding;
import dev.counterpoint.core.data.source.DataSplits;
import dev.counterpoint.core.internal.storage.Json;
import dev.counterpoint.core.internal.storage.Sha256;
import dev.counterpoint.tasks.internal.cache.NumberFile;
import dev.counterpoint.tasks.internal.cache.SplitFiles;
import dev.counterpoint.tasks.table.Chunk;
import dev.counterpoint.tasks.tokenizer.TextEncoder;
import dev.counterpoint.tasks.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.ToLongFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Encodes the tables of a run into a cache folder. The training rows are read twice: the statistics
 * must be known before the first row is written.
 *
 * @param splits the tables; includes {@code train} unless the schema is known
 * @param schema the schema of a trained model; null to derive it from the training split
 * @param newTarget whether the target is derived from the training split nevertheless
 * @param tokenizer an existing tokenizer; null to build one if there is a column of type text
 */
record TableBuilder(
    Tabular settings,
    List<SplitTable> splits,
    @Nullable TabularSchema schema,
    boolean newTarget,
    @Nullable Tokenizer tokenizer) {
  /** Version of the cache format; increase it if the same settings are written differently. */
  private static final String FORMAT = "5";

  static final int CELL_WIDTH = Integer.BYTES;
  static final int LINE_WIDTH = Long.BYTES;

  /** Returns a cache key of everything that the content depends on, without reading the tables. */
  String key(long seed) throws IOException {
    StringBuilder key = new StringBuilder(FORMAT).append(' ').append(settings).append(' ');
    key.append(settings.split() == null ? "" : seed).append(' ').append(schema);
    key.append(newTarget ? " new target" : "").append('\n');
    key.append(tokenizer == null ? "" : tokenizer.key() + '\n');
    for (SplitTable split : splits) {
      key.append(split.name()).append(' ').append(split.file().stamp()).append('\n');
    }
    return Sha256.of(key.toString()).substring(0, 32);
  }

  /** Writes the complete cache into an empty folder. */
  TableContent build(Path folder) throws IOException {
    TabularSchema used = schema;
    if (used == null) {
      used = SchemaBuilder.schema(settings, splits.get(0), tokenizer, folder);
    } else {
      used =
          newTarget
              ? SchemaBuilder.withNewTarget(settings, splits.get(0), used)
              : used.with(used.reading(), used.target(), settings.weight());
      if (tokenizer != null) {
        tokenizer.save(folder);
      }
    }
    MessageDigest digest = Sha256.begin();
    digest.update(Json.MAPPER.writeValueAsBytes(used));
    Map<String, TableContent.SplitContent> contents = new LinkedHashMap<>();
    Map<String, String> sources = new LinkedHashMap<>();
    for (SplitTable split : splits) {
      digest.update(split.name().getBytes(StandardCharsets.UTF_8));
      try (NumberFile cells = new NumberFile(cells(folder, split.name()), CELL_WIDTH);
          NumberFile lines = new NumberFile(lines(folder, split.name()), LINE_WIDTH)) {
        SplitWriter writer = new SplitWriter(split, used, cells, lines);
        contents.put(split.name(), writer.write(folder, digest));
        digest.update(cells.finish());
        lines.finish();
      }
      sources.put(split.name(), split.file().hash());
    }
    String fingerprint = DataSplits.fingerprint(Sha256.hex(digest), sources);
    return new TableContent(fingerprint, used, contents);
  }

  /**
   * The cells of all rows of a split, {@value #CELL_WIDTH} bytes each. A row has its features
   * (float32), its ids, its target (a class, or float32 numbers) and, if the rows are weighted, its
   * weight (float32).
   */
  static Path cells(Path folder, String split) {
    return folder.resolve(split + ".cells");
  }

  /** The files of the tokens of a split. */
  static SplitFiles tokens(Path folder, String split) {
    return new SplitFiles(folder, split + ".text");
  }

  /** The line numbers of the rows of a split in its file, {@value #LINE_WIDTH} bytes each. */
  static Path lines(Path folder, String split) {
    return folder.resolve(split + ".lines");
  }

  /** Encodes the rows of one split. */
  private static final class SplitWriter {
    private final SplitTable split;
    private final TabularSchema schema;
    private final NumberFile cells;
    private final NumberFile lines;
    private final List<ColumnWriter> columns;
    private final int inputs;
    private final long[] labelCounts;
    private long rows;
    private long truncated;

    SplitWriter(SplitTable split, TabularSchema schema, NumberFile cells, NumberFile lines) {
      this.split = split;
      this.schema = schema;
      this.cells = cells;
      this.lines = lines;
      List<ColumnEncoder> encoders = new RowEncoder(schema).columns();
      inputs = encoders.size();
      columns =
          Stream.concat(
                  encoders.stream(),
                  ColumnEncoder.outputs(schema.target(), schema.weight()).stream())
              .map(ColumnWriter::new)
              .toList();
      labelCounts = new long[schema.target().labels().size()];
    }

    TableContent.SplitContent write(Path folder, MessageDigest digest) throws IOException {
      List<String> names = columns.stream().map(it -> it.encoder.name()).toList();
      TabularSchema.Tokens tokens = schema.tokens();
      if (tokens == null) {
        split.read(names, this::add);
      } else {
        try (TextEncoder encoder = tokens.encoder(folder);
            SplitFiles.Writer texts =
                new SplitFiles.Writer(TableBuilder.tokens(folder, split.name()), tokens.size())) {
          split.read(
              names,
              rows -> {
                add(rows);
                addTexts(rows, tokens.column(), encoder, texts);
              });
          texts.finish(digest);
        }
        Files.delete(TableBuilder.tokens(folder, split.name()).hashes());
      }
      List<Long> counts = Arrays.stream(labelCounts).boxed().toList();
      return new TableContent.SplitContent(
          rows, counts, counts(it -> it.unseen), counts(it -> it.imputed), truncated);
    }

    private void addTexts(Chunk chunk, String column, TextEncoder encoder, SplitFiles.Writer writer)
        throws IOException {
      Reading.Fields fields = schema.reading().fields(chunk, column, false);
      List<String> texts = IntStream.range(0, chunk.size()).mapToObj(fields::valueOrEmpty).toList();
      Encoding[] encodings = encoder.encodings(texts, null);
      for (int row = 0; row < encodings.length; row++) {
        writer.add(chunk.line(row), texts.get(row), new int[0], encoder.ids(encodings[row]));
        truncated += encodings[row].exceedMaxLength() ? 1 : 0;
      }
    }

    private Map<String, Long> counts(ToLongFunction<ColumnWriter> count) {
      Map<String, Long> counts = new TreeMap<>();
      columns.stream()
          .filter(it -> count.applyAsLong(it) > 0)
          .forEach(it -> counts.put(it.encoder.name(), count.applyAsLong(it)));
      return counts;
    }

    private void add(Chunk chunk) throws IOException {
      int size = chunk.size();
      List<String> targets = schema.target().columns();
      columns.parallelStream()
          .forEach(
              column -> {
                String name = column.encoder.name();
                column.encode(schema.reading().fields(chunk, name, targets.contains(name)), size);
              });
      ColumnWriter first = Collections.min(columns, Comparator.comparingInt(it -> it.encoded));
      if (first.problem != null) {
        throw split.file().invalidLine(chunk.line(first.encoded), first.problem);
      }
      rows += size;
      for (int row = 0; row < size; row++) {
        lines.put(chunk.line(row));
        for (ColumnWriter column : columns) {
          for (int i = row * column.width; i < (row + 1) * column.width; i++) {
            cells.put(column.cells[i]);
          }
        }
        if (schema.target().isClass()) {
          labelCounts[columns.get(inputs).cells[row]]++;
        }
      }
    }
  }

  /** Encodes one column of a split. */
  private static final class ColumnWriter {
    private final ColumnEncoder encoder;
    private final int width;
    private final DictionaryCache<Known> known = new DictionaryCache<>();
    private int[] cells = new int[0];
    private long unseen;
    private long imputed;

    /** The number of rows before the first invalid one. */
    private int encoded;

    private @Nullable String problem;

    /** The encoding of a value that is not a number. */
    private final class Known {
      private final int[] cells = new int[width];
      private final @Nullable String problem;
      private final boolean isUnseen;
      private final boolean isImputed;

      Known(@Nullable String value) {
        problem = encoder.encode(value, cells, 0);
        isUnseen = encoder.isUnseen(value);
        isImputed = encoder.isImputed(value);
      }
    }

    ColumnWriter(ColumnEncoder encoder) {
      this.encoder = encoder;
      width = encoder.width();
    }

    void encode(Reading.Fields fields, int rows) {
      Function<@Nullable String, Known> encode = text -> new Known(fields.value(text));
      cells = new int[rows * width];
      for (encoded = 0; encoded < rows; encoded++) {
        double number = encoder.readsNumbers() ? fields.number(encoded) : Double.NaN;
        if (!Double.isNaN(number) && encoder.encode(number, cells, encoded * width)) {
          continue;
        }
        Known text = fields.get(encoded, known, encode);
        if (text.problem != null) {
          problem = text.problem;
          return;
        }
        System.arraycopy(text.cells, 0, cells, encoded * width, width);
        unseen += text.isUnseen ? 1 : 0;
        imputed += text.isImputed ? 1 : 0;
      }
    }
  }
}
