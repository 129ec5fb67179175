package dev.counterpoint.runner.experiment;

import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.tasks.cache.CacheFolders;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * The data that ships with the program, written as tables into the cache when it is first asked
 * for, so that it is read like anybody's.
 *
 * @param cache the program's cache folder
 */
public record BuiltInData(Path cache) {
  /** What a path begins with in a run file that is not a file but a built-in table. */
  public static final String SCHEME = "builtin:";

  /** Raised when a corpus changes, so that no older table is taken for it. */
  private static final String VERSION = "2";

  private static final Map<String, Corpus> CORPORA =
      Map.of(
          "sentiment", new Corpus(".tsv", () -> tables(new SentimentCorpus().splits())),
          "languages", new Corpus(".tsv", () -> tables(LanguagesCorpus.load().splits())),
          "countries", new Corpus(".json", () -> new CountriesCorpus().splits()));

  /**
   * One of them.
   *
   * @param ending of its files
   * @param files the content of each, by split
   */
  private record Corpus(String ending, Supplier<Map<String, String>> files) {}

  /**
   * The table of a split.
   *
   * @param name as {@code sentiment/train}
   * @throws InvalidSettings where there is none of that name
   */
  public Path file(String name) {
    String[] parts = name.split("/", 2);
    Corpus corpus = CORPORA.get(parts[0]);
    if (corpus == null) {
      throw new InvalidSettings(
          "There is no built-in data \""
              + parts[0]
              + "\"; there are "
              + CORPORA.keySet().stream().sorted().collect(Collectors.joining(", "))
              + ".");
    }
    Path folder = cache.resolve("builtin").resolve(parts[0] + "-" + VERSION);
    Path file = folder.resolve((parts.length == 2 ? parts[1] : "") + corpus.ending());
    write(corpus, folder);
    if (!Files.isRegularFile(file)) {
      throw new InvalidSettings(
          "The built-in data \""
              + parts[0]
              + "\" has no split \""
              + (parts.length == 2 ? parts[1] : "")
              + "\"; it has "
              + String.join(", ", corpus.files().get().keySet())
              + ".");
    }
    return file;
  }

  /**
   * Lines worth telling of the built-in data that a run file names.
   *
   * @param runFile its text
   */
  public static List<String> notes(String runFile) {
    return runFile.contains(SCHEME + "languages/") ? List.of(LanguagesCorpus.leftOut()) : List.of();
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
      byte[] content = split.getValue().getBytes(StandardCharsets.UTF_8);
      Files.write(folder.resolve(split.getKey() + corpus.ending()), content);
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
