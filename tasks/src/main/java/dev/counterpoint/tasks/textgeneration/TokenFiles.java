package dev.counterpoint.tasks.textgeneration;

import ai.djl.huggingface.tokenizers.Encoding;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import dev.counterpoint.core.data.source.DataSplits;
import dev.counterpoint.core.internal.storage.Sha256;
import dev.counterpoint.tasks.internal.cache.CacheFolders;
import dev.counterpoint.tasks.internal.cache.MemoryMappedTokens;
import dev.counterpoint.tasks.internal.cache.NumberFile;
import dev.counterpoint.tasks.internal.cache.SplitFiles;
import dev.counterpoint.tasks.table.Columns;
import dev.counterpoint.tasks.table.Documents;
import dev.counterpoint.tasks.tokenizer.Tokenizer;
import dev.counterpoint.tasks.tokenizer.TokenizerFolder;
import dev.counterpoint.tasks.tokenizer.TokenizerSettings;
import dev.counterpoint.tasks.tokenizer.VocabularyBuilder;
import java.io.IOException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Tokenizes documents into a cache folder: one file of consecutive token ids per split. Each
 * document ends with the tokenizer's end-of-text token; no other special tokens are added.
 *
 * @param documents the documents by split; includes {@code train} unless there is an existing
 *     tokenizer
 * @param tokenizer the settings to build a tokenizer with, if there is no existing one
 * @param existingTokenizer an existing tokenizer; null to build a tokenizer
 */
record TokenFiles(
    Map<String, Documents> documents,
    TokenizerSettings tokenizer,
    @Nullable Tokenizer existingTokenizer) {
  /** Version of the cache format; increase it if the same settings are written differently. */
  private static final String FORMAT = "7";

  /**
   * Metadata of a cache folder, stored as {@code content.json}.
   *
   * @param hash the SHA-256 of tokenizer and token ids
   * @param sources the hash of each source file, by split
   * @param splits the splits by name
   */
  record Content(
      String hash, Map<String, String> sources, int vocabularySize, Map<String, Split> splits) {
    long tokenCount(String split) {
      return Objects.requireNonNull(splits.get(split)).tokens();
    }

    /**
     * Fingerprint in the format of {@link DataSplits#fingerprint()}, for the examples that are cut
     * from the tokens.
     *
     * @param length the number of tokens of an example
     * @param validationTokens the number of tokens at the end of the training text used for
     *     validation
     */
    String fingerprint(int length, long validationTokens) {
      String examples = hash + " " + length + " " + validationTokens;
      return DataSplits.fingerprint(Sha256.of(examples), sources);
    }
  }

  /**
   * Statistics of one split.
   *
   * @param tokens the number of tokens, including the token that ends each document
   * @param unknown the number of tokens that are unknown to the tokenizer
   * @param columns the result of {@link Columns#describeDetected}
   */
  record Split(long tokens, long unknown, String columns) {}

  /**
   * An intact cache folder.
   *
   * @param notes notes about the tokenizer
   */
  record Opened(Path folder, Content content, List<String> notes) {
    MemoryMappedTokens ids(String split) throws IOException {
      return new MemoryMappedTokens(
          folder.resolve(split + ".ids"), SplitFiles.idWidth(content.vocabularySize()));
    }

    Tokenizer tokenizer() throws IOException {
      return TokenizerFolder.open(folder);
    }
  }

  /** Opens the cache folder; creates it if it is missing or damaged. */
  Opened open(Path cache) throws IOException {
    Path folder = cache.resolve("tokens-" + key());
    return new Opened(
        folder,
        CacheFolders.describe(folder, Content.class, this::write),
        existingTokenizer == null ? List.of() : existingTokenizer.notes());
  }

  private String key() throws IOException {
    StringBuilder key = new StringBuilder(FORMAT).append('\n');
    key.append(existingTokenizer == null ? tokenizer : existingTokenizer.key()).append('\n');
    for (Map.Entry<String, Documents> split : documents.entrySet()) {
      key.append(split.getKey()).append(' ').append(split.getValue().file().stamp()).append(' ');
      key.append(split.getValue().column()).append('\n');
    }
    return Sha256.of(key.toString()).substring(0, 32);
  }

  private Content write(Path folder) throws IOException {
    Tokenizer file = (existingTokenizer == null ? build() : existingTokenizer).withoutFraming();
    MessageDigest digest = Sha256.begin();
    digest.update(file.json());
    Map<String, String> sources = new LinkedHashMap<>();
    Map<String, Split> splits = new LinkedHashMap<>();
    try (HuggingFaceTokenizer encoder = file.load("do_not_truncate", Tokenizer.UNLIMITED, 0)) {
      for (Map.Entry<String, Documents> split : documents.entrySet()) {
        Path ids = folder.resolve(split.getKey() + ".ids");
        sources.put(split.getKey(), split.getValue().file().hash());
        splits.put(split.getKey(), write(split.getValue(), encoder, file, ids, digest));
      }
    }
    file.save(folder);
    return new Content(Sha256.hex(digest), sources, file.vocabularySize(), splits);
  }

  private Tokenizer build() throws IOException {
    VocabularyBuilder vocabulary = VocabularyBuilder.forLanguageModeling(tokenizer);
    for (Map.Entry<String, Documents> split : documents.entrySet()) {
      if (split.getKey().equals("train")) {
        split.getValue().read((text, endsDocument) -> vocabulary.add(text));
      }
    }
    return vocabulary.tokenizer();
  }

  private static Split write(
      Documents documents,
      HuggingFaceTokenizer encoder,
      Tokenizer file,
      Path path,
      MessageDigest digest)
      throws IOException {
    long[] tokenCount = {0};
    long[] unknown = {0};
    try (NumberFile ids = new NumberFile(path, SplitFiles.idWidth(file.vocabularySize()))) {
      String columns =
          documents.read(
              (text, endsDocument) -> {
                Encoding encoding = file.encode(() -> encoder.encode(text, false, false), text);
                for (long id : encoding.getIds()) {
                  ids.put(id);
                  unknown[0] += file.isUnknown(id) ? 1 : 0;
                }
                if (endsDocument) {
                  ids.put(file.special().end().get(0));
                }
                tokenCount[0] += encoding.getIds().length + (endsDocument ? 1 : 0);
              });
      digest.update(ids.finish());
      return new Split(tokenCount[0], unknown[0], columns);
    }
  }
}
