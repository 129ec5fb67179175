package dev.counterpoint.runner.experiment;

import dev.counterpoint.core.internal.storage.Resource;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.tasks.internal.cache.CacheFolders;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.zip.CRC32;

/**
 * Built-in data sets. They are written to files in the cache folder on first use, and then read
 * like user data.
 *
 * @param cache the cache folder of the program
 */
public record BuiltInData(Path cache) {
  /** Prefix of a path in a run file that names a built-in data set. */
  public static final String SCHEME = "builtin:";

  /** Data version; increased when a corpus changes, so that cached files are not reused. */
  private static final String VERSION = "2";

  private static final Map<String, Corpus> CORPORA =
      Map.of(
          "sentiment", new Corpus(".tsv", () -> tables(new SentimentCorpus().splits())),
          "languages", new Corpus(".tsv", () -> tables(LanguagesCorpus.load().splits())),
          "countries", new Corpus(".json", () -> new CountriesCorpus().splits()),
          "entities", new Corpus(".conll", EntitiesCorpus::splits),
          "digits",
              new Corpus(".idx", () -> new DigitsCorpus().files(), StandardCharsets.ISO_8859_1),
          "penguins",
              new Corpus(
                  ".csv", () -> Map.of("all", Resource.read(BuiltInData.class, "penguins.csv"))));

  /**
   * A built-in data set.
   *
   * @param extension the file name extension, with its dot
   * @param files the contents of the files by split
   * @param charset ISO 8859-1 for files that are bytes, not text
   */
  private record Corpus(String extension, Supplier<Map<String, String>> files, Charset charset) {
    Corpus(String extension, Supplier<Map<String, String>> files) {
      this(extension, files, StandardCharsets.UTF_8);
    }
  }

  /**
   * Returns the file of a split.
   *
   * @param name the data set and split, such as {@code sentiment/train}
   * @throws InvalidSettings if there is no such data set or split
   */
  public Path file(String name) {
    String[] parts = name.split("/", 2);
    Corpus corpus = CORPORA.get(parts[0]);
    if (corpus == null) {
      throw new InvalidSettings(
          "Unknown built-in data set \"%s\". Known: %s.",
          parts[0], CORPORA.keySet().stream().sorted().collect(Collectors.joining(", ")));
    }
    Path folder = cache.resolve("builtin").resolve(parts[0] + "-" + VERSION);
    Path file = folder.resolve((parts.length == 2 ? parts[1] : "") + corpus.extension());
    write(corpus, folder);
    if (!Files.isRegularFile(file)) {
      throw new InvalidSettings(
          "The built-in data set \"%s\" has no split \"%s\". Its splits: %s.",
          parts[0],
          parts.length == 2 ? parts[1] : "",
          String.join(", ", corpus.files().get().keySet()));
    }
    return file;
  }

  /**
   * Returns remarks about the built-in data that a run file uses, one line each.
   *
   * @param runFile the text of the run file
   */
  public static List<String> notes(String runFile) {
    return runFile.contains(SCHEME + "languages/")
        ? List.of(LanguagesCorpus.exclusionNote())
        : List.of();
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

  private static void write(Corpus corpus, Path folder) {
    try {
      CacheFolders.createIfAbsent(folder, draft -> writeInto(draft, corpus));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void writeInto(Path folder, Corpus corpus) throws IOException {
    for (Map.Entry<String, String> split : corpus.files().get().entrySet()) {
      byte[] content = split.getValue().getBytes(corpus.charset());
      Files.write(folder.resolve(split.getKey() + corpus.extension()), content);
    }
  }

  private static Map<String, String> tables(Map<String, List<LabelledText>> splits) {
    Map<String, String> tables = new LinkedHashMap<>();
    splits.forEach((name, rows) -> tables.put(name, table(rows)));
    return tables;
  }

  private static String table(List<LabelledText> rows) {
    return rows.stream()
        .map(row -> row.text() + "\t" + row.label() + "\n")
        .collect(Collectors.joining("", "text\tlabel\n", ""));
  }
}
