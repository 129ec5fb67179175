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
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Texts as token ids one after another, a file a split, written once into a cache folder. Each
 * document ends with the tokenizer's padding token, which for GPT-2 is the end of a text.
 *
 * @param documents by split; {@code train} is one of them
 * @param tokenizer how a tokenizer is built, where none is given
 * @param given a tokenizer to be taken as it is, a file or a folder; null to build one
 */
record TokenFiles(
    Map<String, Documents> documents, TokenizerSettings tokenizer, @Nullable Path given) {
  /** To be raised whenever the same settings come to be written differently. */
  private static final String FORMAT = "6";

  private static final String CONTENT = "content.json";
  private static final String TOKENIZER = "tokenizer.json";
  private static final Map<String, String> UNCUT =
      Map.of("truncation", "do_not_truncate", "padding", "false", "maxLength", "1000000000");

  /**
   * What a folder holds.
   *
   * @param hash SHA-256 over tokenizer and ids
   * @param sources the hash of each file, by split
   * @param splits by name
   */
  record Content(
      String hash,
      Map<String, String> sources,
      int vocabularySize,
      int paddingId,
      Map<String, Split> splits) {
    long count(String split) {
      return Objects.requireNonNull(splits.get(split)).tokens();
    }

    /**
     * As {@link DataSplits#fingerprint()}, of the items that are cut from the tokens.
     *
     * @param length tokens of an item
     * @param kept tokens at the end of the training text that are not trained on
     */
    String fingerprint(int length, long kept) {
      String items = hash + " " + length + " " + kept;
      return DataSplits.fingerprint(
          TokenFiles.hash(items.getBytes(StandardCharsets.UTF_8)), sources);
    }
  }

  /**
   * One file of text.
   *
   * @param unknown how many of the tokens stand for what the tokenizer does not know
   * @param columns {@link Columns#choice}
   */
  record Split(long tokens, long unknown, String columns) {}

  /** A folder that is whole. */
  record Opened(Path folder, Content content) {
    MemoryMappedTokens ids(String split) throws IOException {
      return new MemoryMappedTokens(
          folder.resolve(split + ".ids"), SplitFiles.idWidth(content.vocabularySize()));
    }

    byte[] tokenizerJson() throws IOException {
      return Files.readAllBytes(folder.resolve(TOKENIZER));
    }
  }

  /** The files, written where they are not there yet. */
  Opened open(Path cache) throws IOException {
    Path folder = cache.resolve("tokens-" + key());
    CacheFolders.fill(folder, this::write);
    return new Opened(
        folder, new ObjectMapper().readValue(folder.resolve(CONTENT).toFile(), Content.class));
  }

  private String key() throws IOException {
    StringBuilder all = new StringBuilder(FORMAT).append('\n');
    all.append(given == null ? tokenizer : hash(TokenizerFolder.json(given))).append('\n');
    for (Map.Entry<String, Documents> split : documents.entrySet()) {
      all.append(split.getKey()).append(' ').append(split.getValue().file().stamp()).append(' ');
      all.append(split.getValue().column()).append('\n');
    }
    return hash(all.toString().getBytes(StandardCharsets.UTF_8)).substring(0, 32);
  }

  private static String hash(byte[] content) {
    return HexFormat.of().formatHex(Sha256.begin().digest(content));
  }

  private void write(Path folder) throws IOException {
    byte[] json = given == null ? build() : TokenizerFolder.json(given);
    TokenizerFile file = TokenizerFile.read(json, given == null ? TOKENIZER : given.toString());
    MessageDigest digest = Sha256.begin();
    digest.update(json);
    Map<String, String> sources = new LinkedHashMap<>();
    Map<String, Split> splits = new LinkedHashMap<>();
    try (HuggingFaceTokenizer encoder =
        HuggingFaceTokenizer.newInstance(new ByteArrayInputStream(json), UNCUT)) {
      for (Map.Entry<String, Documents> split : documents.entrySet()) {
        Path ids = folder.resolve(split.getKey() + ".ids");
        sources.put(split.getKey(), split.getValue().file().hash());
        splits.put(split.getKey(), write(split.getValue(), encoder, file, ids, digest));
      }
    }
    Files.write(folder.resolve(TOKENIZER), json);
    Content content =
        new Content(
            HexFormat.of().formatHex(digest.digest()),
            sources,
            file.vocabularySize(),
            file.paddingId(),
            splits);
    Files.write(folder.resolve(CONTENT), new ObjectMapper().writeValueAsBytes(content));
  }

  private byte[] build() throws IOException {
    VocabularyBuilder vocabulary = VocabularyBuilder.ofContinuousText(tokenizer);
    for (Map.Entry<String, Documents> split : documents.entrySet()) {
      if (split.getKey().equals("train")) {
        split.getValue().read((text, ends) -> vocabulary.add(text));
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
    long[] count = {0};
    long[] unknown = {0};
    try (NumberFile ids = new NumberFile(path, SplitFiles.idWidth(file.vocabularySize()))) {
      String columns =
          documents.read(
              (text, ends) -> {
                Encoding encoding = encoder.encode(text, false, false);
                for (long id : encoding.getIds()) {
                  ids.put(id);
                  unknown[0] += file.isUnknown(id) ? 1 : 0;
                }
                if (ends) {
                  ids.put(file.paddingId());
                }
                count[0] += encoding.getIds().length + (ends ? 1 : 0);
              });
      digest.update(ids.finish());
      return new Split(count[0], unknown[0], columns);
    }
  }
}
