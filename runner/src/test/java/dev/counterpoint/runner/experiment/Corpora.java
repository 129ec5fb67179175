package dev.counterpoint.runner.experiment;

import dev.counterpoint.core.internal.storage.Resource;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.zip.CRC32;
import java.util.zip.GZIPOutputStream;

/**
 * Generates the built-in data sets. The program ships the result; to write it again after a change,
 * run {@link #main} and increase the version of {@link BuiltInData}.
 */
final class Corpora {
  private Corpora() {}

  /** Writes the compressed files into {@code runner/src/main/resources/.../experiment/data}. */
  public static void main(String[] arguments) throws IOException {
    for (Map.Entry<String, byte[]> file : files().entrySet()) {
      Path path = Path.of(arguments[0], file.getKey() + ".gz");
      Files.createDirectories(path.resolveSibling(""));
      try (OutputStream compressed = new GZIPOutputStream(Files.newOutputStream(path))) {
        compressed.write(file.getValue());
      }
    }
  }

  /** The contents of all files by path, such as {@code sentiment/train.tsv}. */
  static Map<String, byte[]> files() {
    Map<String, byte[]> files = new TreeMap<>();
    new SentimentCorpus()
        .splits()
        .forEach((split, rows) -> add("sentiment/" + split + ".tsv", table(rows), files));
    LanguagesCorpus.load()
        .splits()
        .forEach((split, rows) -> add("languages/" + split + ".tsv", table(rows), files));
    new CountriesCorpus()
        .splits()
        .forEach((split, text) -> add("countries/" + split + ".json", text, files));
    EntitiesCorpus.splits()
        .forEach((split, text) -> add("entities/" + split + ".conll", text, files));
    add("penguins/all.csv", Resource.read(Corpora.class, "penguins.csv"), files);
    Charset bytes = StandardCharsets.ISO_8859_1;
    new DigitsCorpus()
        .files()
        .forEach((name, it) -> files.put("digits/" + name + ".idx", it.getBytes(bytes)));
    return files;
  }

  private static void add(String path, String text, Map<String, byte[]> files) {
    files.put(path, text.getBytes(StandardCharsets.UTF_8));
  }

  private static String table(List<LabelledText> rows) {
    return rows.stream()
        .map(row -> row.text() + "\t" + row.label() + "\n")
        .collect(Collectors.joining("", "text\tlabel\n", ""));
  }

  /**
   * Assigns a part of a corpus to a split by its hash, so that the split is the same on every
   * machine.
   */
  static boolean isForValidation(String key, int percent) {
    CRC32 hash = new CRC32();
    hash.update(key.getBytes(StandardCharsets.UTF_8));
    return hash.getValue() % 100 < percent;
  }
}
