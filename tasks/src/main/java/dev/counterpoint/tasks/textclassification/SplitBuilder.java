package dev.counterpoint.tasks.textclassification;

import ai.djl.huggingface.tokenizers.Encoding;
import dev.counterpoint.core.settings.Excerpt;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.tasks.internal.cache.SplitFiles;
import dev.counterpoint.tasks.tokenizer.TextEncoder;
import java.io.IOException;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Tokenizes one table in chunks of rows, because the native tokenizer encodes many texts at once.
 */
final class SplitBuilder {
  private static final int CHUNK_ROWS = 1_000;
  private static final long CHUNK_CHARACTERS = 1_000_000;

  private final LabelledRows source;
  private final List<List<Integer>> labelSets;
  private final TextEncoder encoder;
  private final List<String> labels;
  private final Map<String, Integer> labelIds = new HashMap<>();
  private final SplitFiles.Writer writer;
  private final List<LabelledRows.Example> chunk = new ArrayList<>();
  private final long[] labelCounts;
  private final Map<List<Integer>, Integer> setIds = new HashMap<>();
  private long rows;
  private long characters;
  private long truncated;
  private long blank;
  private long tokens;
  private long unknown;

  private SplitBuilder(
      LabelledRows source,
      TextEncoder encoder,
      List<String> labels,
      List<List<Integer>> labelSets,
      SplitFiles.Writer writer) {
    this.source = source;
    this.labelSets = labelSets;
    this.encoder = encoder;
    this.labels = labels;
    this.writer = writer;
    this.labelCounts = new long[labels.size()];
    for (List<Integer> known : labelSets) {
      setIds.put(known, setIds.size());
    }
    for (String label : labels) {
      labelIds.put(label, labelIds.size());
    }
  }

  /**
   * Writes the files of a split and adds its examples to the digest.
   *
   * @param labelSets receives the sets of labels that it does not have yet
   */
  static CacheContent.SplitContent build(
      LabelledRows rows,
      SplitFiles files,
      TextEncoder encoder,
      List<String> labels,
      List<List<Integer>> labelSets,
      MessageDigest digest)
      throws IOException {
    try (SplitFiles.Writer writer = new SplitFiles.Writer(files, encoder.file().vocabularySize())) {
      SplitBuilder builder = new SplitBuilder(rows, encoder, labels, labelSets, writer);
      String columns = rows.read(Long.MAX_VALUE, builder::add);
      builder.encodeChunk();
      writer.finish(digest);
      return builder.content(columns);
    }
  }

  private void add(LabelledRows.Example example) throws IOException {
    chunk.add(example);
    rows++;
    blank += example.text().isBlank() ? 1 : 0;
    characters += example.text().length();
    if (chunk.size() == CHUNK_ROWS || characters >= CHUNK_CHARACTERS) {
      encodeChunk();
    }
  }

  /** The cells of an example, as {@link TextDataset} reads them. */
  private int[] cells(LabelledRows.Example example, Encoding encoding) {
    List<Integer> cells = new ArrayList<>();
    if (source.settings().isRegression()) {
      example.numbers().forEach(it -> cells.add(Float.floatToRawIntBits(it.floatValue())));
    } else {
      List<Integer> ids =
          example.labels().stream().map(each -> id(example.line(), each)).sorted().toList();
      ids.forEach(id -> labelCounts[id]++);
      cells.add(source.settings().hasSets() ? setOf(ids) : ids.get(0));
    }
    if (example.second() != null) {
      cells.add(TextEncoder.secondStart(encoding));
    }
    if (source.settings().weight() != null) {
      cells.add(Float.floatToRawIntBits((float) example.weight()));
    }
    return cells.stream().mapToInt(it -> it).toArray();
  }

  private int id(long line, String label) {
    Integer id = labelIds.get(label);
    if (id == null) {
      throw source
          .file()
          .invalidLine(
              line,
              "has the label \"%s\", which is not among the training labels%s."
                  .formatted(Excerpt.ofItem(label), lookalikeOrAll(label)));
    }
    return id;
  }

  /** The index of a set of labels. */
  private int setOf(List<Integer> ids) {
    return setIds.computeIfAbsent(
        ids,
        added -> {
          labelSets.add(added);
          return labelSets.size() - 1;
        });
  }

  private String lookalikeOrAll(String label) {
    String appearance = Excerpt.appearance(label);
    return labels.stream()
        .filter(known -> Excerpt.appearance(known).equals(appearance))
        .findFirst()
        .map(
            known ->
                "; it looks like \"%s\", but is \"%s\""
                    .formatted(Excerpt.codePoints(known), Excerpt.codePoints(label)))
        .orElseGet(() -> ": " + Excerpt.ofList(labels));
  }

  private void encodeChunk() throws IOException {
    boolean pairs = source.settings().text2() != null;
    Encoding[] encodings =
        encoder.encodings(
            chunk.stream().map(LabelledRows.Example::text).toList(),
            pairs ? chunk.stream().map(LabelledRows.Example::secondOrEmpty).toList() : null);
    for (int i = 0; i < encodings.length; i++) {
      LabelledRows.Example example = chunk.get(i);
      String text = pairs ? example.text() + '\t' + example.second() : example.text();
      writer.add(example.line(), text, cells(example, encodings[i]), encoder.ids(encodings[i]));
      truncated += encodings[i].exceedMaxLength() ? 1 : 0;
      count(encodings[i]);
    }
    chunk.clear();
    characters = 0;
  }

  private void count(Encoding encoding) {
    long[] ids = encoding.getIds();
    long[] special = encoding.getSpecialTokenMask();
    for (int i = 0; i < ids.length; i++) {
      if (special[i] == 0) {
        tokens++;
        unknown += encoder.file().isUnknown(ids[i]) ? 1 : 0;
      }
    }
  }

  private CacheContent.SplitContent content(String columns) {
    if (rows == 0) {
      throw new InvalidSettings(source.file().name() + " has no rows below its header.");
    }
    List<Long> counts = Arrays.stream(labelCounts).boxed().toList();
    return new CacheContent.SplitContent(rows, truncated, blank, counts, tokens, unknown, columns);
  }
}
