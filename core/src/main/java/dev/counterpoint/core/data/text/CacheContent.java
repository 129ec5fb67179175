package dev.counterpoint.core.data.text;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What a cache folder says of itself, in {@code content.json}, which is written last.
 *
 * @param fingerprint SHA-256 over tokenizer, labels, and all items; behind it that of each file, as
 *     {@link dev.counterpoint.core.data.source.DataSplits} has it
 * @param maxLength the most tokens of an item
 * @param labels their names in the order of their numbers
 * @param splits by name, in the order of the settings
 * @param sharedWithTrain for each split but that of training the texts that are in both
 */
record CacheContent(
    String fingerprint,
    int maxLength,
    Vocabulary vocabulary,
    List<String> labels,
    Map<String, SplitContent> splits,
    Map<String, SharedTexts> sharedWithTrain) {
  private static final String NAME = "content.json";
  private static final String TOKENIZER = "tokenizer.json";

  /**
   * The tokens.
   *
   * @param fileSize bytes of the {@code tokenizer.json}
   */
  record Vocabulary(int size, int paddingId, long fileSize) {}

  /**
   * The items of one split.
   *
   * @param truncated items that were cut to the longest length
   * @param blank items without a text
   * @param labelCounts items of each label, in the order of the labels
   */
  record SplitContent(long rows, long tokens, long truncated, long blank, List<Long> labelCounts) {}

  SplitContent split(String name) {
    return Objects.requireNonNull(splits.get(name));
  }

  static Path tokenizer(Path folder) {
    return folder.resolve(TOKENIZER);
  }

  void write(Path folder) throws IOException {
    DurableFile.write(folder.resolve(NAME), new ObjectMapper().writeValueAsBytes(this));
  }

  /** What a folder holds, or null where it is not there, or not whole. */
  static @Nullable CacheContent read(Path folder) throws IOException {
    try {
      byte[] json = Files.readAllBytes(folder.resolve(NAME));
      CacheContent content = new ObjectMapper().readValue(json, CacheContent.class);
      return content.isWhole(folder) ? content : null;
    } catch (NoSuchFileException | JacksonException e) {
      return null;
    }
  }

  private boolean isWhole(Path folder) throws IOException {
    Path tokenizer = tokenizer(folder);
    return Files.exists(tokenizer)
        && Files.size(tokenizer) == vocabulary.fileSize()
        && splits.entrySet().stream()
            .allMatch(
                split ->
                    new SplitFiles(folder, split.getKey())
                        .areWhole(
                            split.getValue().rows(), split.getValue().tokens(), vocabulary.size()));
  }
}
