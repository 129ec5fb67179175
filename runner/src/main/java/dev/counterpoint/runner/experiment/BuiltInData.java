package dev.counterpoint.runner.experiment;

import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.tasks.internal.cache.CacheFolders;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.zip.GZIPInputStream;

/**
 * Built-in data sets, compressed in the program. They are unpacked into the cache folder on first
 * use, and then read like user data.
 *
 * @param cache the cache folder of the program
 */
public record BuiltInData(Path cache) {
  /** Prefix of a path in a run file that names a built-in data set. */
  public static final String SCHEME = "builtin:";

  /** Data version; increased when a data set changes, so that cached files are not reused. */
  private static final String VERSION = "2";

  static final Map<String, List<String>> FILES =
      Map.of(
          "sentiment", List.of("train.tsv", "validation.tsv", "test.tsv", "nested.tsv"),
          "languages", List.of("train.tsv", "validation.tsv"),
          "countries", List.of("train.json", "validation.json"),
          "entities", List.of("train.conll", "validation.conll"),
          "penguins", List.of("all.csv"),
          "digits",
              List.of(
                  "train-images.idx",
                  "train-labels.idx",
                  "validation-images.idx",
                  "validation-labels.idx"));

  /**
   * Returns the file of a split.
   *
   * @param name the data set and split, such as {@code sentiment/train}
   * @throws InvalidSettings if there is no such data set or split
   */
  public Path file(String name) {
    String[] parts = name.split("/", 2);
    List<String> files = FILES.get(parts[0]);
    if (files == null) {
      throw new InvalidSettings(
          "Unknown built-in data set \"%s\". Known: %s.",
          parts[0], FILES.keySet().stream().sorted().collect(Collectors.joining(", ")));
    }
    String split = parts.length == 2 ? parts[1] : "";
    String file =
        files.stream()
            .filter(it -> split(it).equals(split))
            .findFirst()
            .orElseThrow(
                () ->
                    new InvalidSettings(
                        "The built-in data set \"%s\" has no split \"%s\". Its splits: %s.",
                        parts[0],
                        split,
                        files.stream().map(BuiltInData::split).collect(Collectors.joining(", "))));
    Path folder = cache.resolve("builtin").resolve(parts[0] + "-" + VERSION);
    try {
      CacheFolders.createIfAbsent(
          folder,
          draft -> {
            for (String each : files) {
              try (InputStream content = open(parts[0], each)) {
                Files.copy(content, draft.resolve(each));
              }
            }
          });
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return folder.resolve(file);
  }

  private static String split(String file) {
    return file.substring(0, file.lastIndexOf('.'));
  }

  private static InputStream open(String name, String file) throws IOException {
    String resource = "data/" + name + "/" + file + ".gz";
    return new GZIPInputStream(
        Objects.requireNonNull(BuiltInData.class.getResourceAsStream(resource), resource));
  }
}
