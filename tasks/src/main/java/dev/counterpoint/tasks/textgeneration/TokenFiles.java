package dev.counterpoint.tasks.textgeneration;

import ai.djl.huggingface.tokenizers.Encoding;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.counterpoint.core.data.source.DataSplits;
import dev.counterpoint.core.storage.Sha256;
import dev.counterpoint.tasks.cache.CacheFolders;
import dev.counterpoint.tasks.cache.MemoryMappedTokens;
import dev.counterpoint.tasks.cache.NumberFile;
import dev.counterpoint.tasks.cache.SplitFiles;
import dev.counterpoint.tasks.table.Columns;
import dev.counterpoint.tasks.tokenizer.TokenizerFile;
import dev.counterpoint.tasks.tokenizer.TokenizerFolder;
import dev.counterpoint.tasks.tokenizer.TokenizerSettings;
import dev.counterpoint.tasks.tokenizer.VocabularyBuilder;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Tokenizes documents into a cache folder: one file of consecutive token ids per split. Each
 * document ends with the tokenizer's padding token, which is the end-of-text token for GPT-2.
 *
 * @param documents the documents by split; includes {@code train} unless there is an existing
 *     tokenizer
 * @param tokenizer the settings to build a tokenizer with, if there is no existing one
 * @param existingTokenizer a tokenizer file or folder to use unchanged; null to build a tokenizer
 */
record TokenFiles(
    Map<String, Documents> documents,
    TokenizerSettings tokenizer,
    @Nullable Path existingTokenizer) {
  /** Version of the cache format; increase it if the same settings are written differently. */
  private static final String FORMAT = "6";

  private static final String CONTENT = "content.json";
  private static final String TOKENIZER = "tokenizer.json";
  private static final Map<String, String> NO_TRUNCATION =
      Map.of("truncation", "do_not_truncate", "padding", "false", "maxLength", "1000000000");

  /**
   * Metadata of a cache folder, stored as {@code content.json}.
   *
   * @param hash the SHA-256 of tokenizer and token ids
   * @param sources the hash of each source file, by split
   * @param splits the splits by name
   */
  record Content(
      String hash,
      Map<String, String> sources,
      int vocabularySize,
      int paddingId,
      Map<String, Split> splits) {
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
      return DataSplits.fingerprint(Sha256.of(examples.getBytes(StandardCharsets.UTF_8)), sources);
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

  /** An intact cache folder. */
  record Opened(Path folder, Content content) {
    MemoryMappedTokens ids(String split) throws IOException {
      return new MemoryMappedTokens(
          folder.resolve(split + ".ids"), SplitFiles.idWidth(content.vocabularySize()));
    }

    byte[] tokenizerJson() throws IOException {
      return Files.readAllBytes(folder.resolve(TOKENIZER));
    }
  }

  /** Opens the cache folder; creates it if it is missing or damaged. */
  Opened open(Path cache) throws IOException {
    Path folder = cache.resolve("tokens-" + key());
    CacheFolders.createIfAbsent(folder, this::write);
    return new Opened(
        folder, new ObjectMapper().readValue(folder.resolve(CONTENT).toFile(), Content.class));
  }

  private String key() throws IOException {
    StringBuilder key = new StringBuilder(FORMAT).append('\n');
    key.append(
            existingTokenizer == null
                ? tokenizer
                : Sha256.of(TokenizerFolder.json(existingTokenizer)))
        .append('\n');
    for (Map.Entry<String, Documents> split : documents.entrySet()) {
      key.append(split.getKey()).append(' ').append(split.getValue().file().stamp()).append(' ');
      key.append(split.getValue().column()).append('\n');
    }
    return Sha256.of(key.toString().getBytes(StandardCharsets.UTF_8)).substring(0, 32);
  }

  private void write(Path folder) throws IOException {
    byte[] json = existingTokenizer == null ? build() : TokenizerFolder.json(existingTokenizer);
    TokenizerFile file =
        TokenizerFile.read(
            json, existingTokenizer == null ? TOKENIZER : existingTokenizer.toString());
    MessageDigest digest = Sha256.begin();
    digest.update(json);
    Map<String, String> sources = new LinkedHashMap<>();
    Map<String, Split> splits = new LinkedHashMap<>();
    try (HuggingFaceTokenizer encoder =
        HuggingFaceTokenizer.newInstance(new ByteArrayInputStream(json), NO_TRUNCATION)) {
      for (Map.Entry<String, Documents> split : documents.entrySet()) {
        Path ids = folder.resolve(split.getKey() + ".ids");
        sources.put(split.getKey(), split.getValue().file().hash());
        splits.put(split.getKey(), write(split.getValue(), encoder, file, ids, digest));
      }
    }
    Files.write(folder.resolve(TOKENIZER), json);
    Content content =
        new Content(Sha256.hex(digest), sources, file.vocabularySize(), file.paddingId(), splits);
    Files.write(folder.resolve(CONTENT), new ObjectMapper().writeValueAsBytes(content));
  }

  private byte[] build() throws IOException {
    VocabularyBuilder vocabulary = VocabularyBuilder.forLanguageModeling(tokenizer);
    for (Map.Entry<String, Documents> split : documents.entrySet()) {
      if (split.getKey().equals("train")) {
        split.getValue().read((text, endsDocument) -> vocabulary.add(text));
      }
    }
    return vocabulary.toJson();
  }

  private static Split write(
      Documents documents,
      HuggingFaceTokenizer encoder,
      TokenizerFile file,
      Path path,
      MessageDigest digest)
      throws IOException {
    long[] tokenCount = {0};
    long[] unknown = {0};
    try (NumberFile ids = new NumberFile(path, SplitFiles.idWidth(file.vocabularySize()))) {
      String columns =
          documents.read(
              (text, endsDocument) -> {
                Encoding encoding = encoder.encode(text, false, false);
                for (long id : encoding.getIds()) {
                  ids.put(id);
                  unknown[0] += file.isUnknown(id) ? 1 : 0;
                }
                if (endsDocument) {
                  ids.put(file.paddingId());
                }
                tokenCount[0] += encoding.getIds().length + (endsDocument ? 1 : 0);
              });
      digest.update(ids.finish());
      return new Split(tokenCount[0], unknown[0], columns);
    }
  }
}
