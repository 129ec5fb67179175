package dev.counterpoint.core.data.text;

import ai.djl.huggingface.tokenizers.Encoding;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import dev.counterpoint.core.data.HostBatch;
import dev.counterpoint.core.settings.InvalidSettings;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * Texts to token ids by a {@code tokenizer.json}, as training had them: cut to the model's length,
 * special tokens among the ids, padded to the longest. Any number of threads may use one.
 *
 * <p>The file's own truncation and padding do not count.
 */
public final class TextEncoder implements AutoCloseable {
  private final HuggingFaceTokenizer tokenizer;
  private final TokenizerFile file;

  /**
   * Loads a tokenizer.
   *
   * @param maxLength the most tokens of a text, special ones included
   * @throws InvalidSettings where the file is no tokenizer, or the length leaves no room for text
   */
  public TextEncoder(Path tokenizerJson, int maxLength) throws IOException {
    this(Files.readAllBytes(tokenizerJson), tokenizerJson.toString(), maxLength);
  }

  TextEncoder(byte[] json, String name, int maxLength) throws IOException {
    file = TokenizerFile.read(json, name);
    tokenizer = load(json, name, maxLength);
    int special = tokenizer.encode("").getIds().length;
    if (special >= maxLength) {
      tokenizer.close();
      throw new InvalidSettings(
          "maxLength "
              + maxLength
              + " leaves no room for text; "
              + name
              + " adds "
              + special
              + " special tokens to each.");
    }
  }

  private static HuggingFaceTokenizer load(byte[] json, String name, int maxLength)
      throws IOException {
    String length = Integer.toString(maxLength);
    Map<String, String> options =
        Map.of(
            "truncation", "true",
            "maxLength", length,
            "modelMaxLength", length,
            "stride", "0",
            "padding", "false");
    try {
      return HuggingFaceTokenizer.newInstance(new ByteArrayInputStream(json), options);
    } catch (RuntimeException e) {
      throw new InvalidSettings(name + " cannot be read as a tokenizer: " + e.getMessage());
    }
  }

  /**
   * One batch of {@code ids} and {@code mask}, (texts, tokens). A text without tokens is one
   * unknown token, so that no row is masked wholly.
   */
  public HostBatch encode(List<String> texts) {
    return batch(encodings(texts));
  }

  HostBatch batch(Encoding[] encodings) {
    List<long[]> rows = Arrays.stream(encodings).map(this::ids).toList();
    return new HostBatch(rows.size(), TokenRows.count(rows), TokenRows.pad(rows, file.paddingId()));
  }

  /**
   * The tokens of a prompt, which is never cut.
   *
   * @throws InvalidSettings where it has more than the model takes
   */
  public long[] prompt(String text) {
    Encoding encoding = tokenizer.encode(text);
    if (encoding.exceedMaxLength()) {
      throw new InvalidSettings("A prompt has more tokens than the model takes: " + text);
    }
    return encoding.getIds();
  }

  /** The text of tokens, without the special ones. */
  public String decode(List<Long> ids) {
    return decode(ids.stream().mapToLong(id -> id).toArray());
  }

  /** The text of tokens, without the special ones. */
  public String decode(long[] ids) {
    return tokenizer.decode(ids, true);
  }

  /**
   * The id of a text that is one token.
   *
   * @throws InvalidSettings where it is none, or several, or unknown
   */
  public long idOf(String token) {
    long[] ids = tokenizer.encode(token, false, false).getIds();
    if (ids.length != 1 || (ids[0] == file.unknownId() && ids[0] != file.paddingId())) {
      throw new InvalidSettings(
          "There is no token \""
              + token
              + "\": to the tokenizer it is "
              + (ids.length == 1 ? "unknown." : ids.length + " tokens."));
    }
    return ids[0];
  }

  Encoding[] encodings(List<String> texts) {
    return tokenizer.batchEncode(texts);
  }

  long[] ids(Encoding encoding) {
    long[] ids = encoding.getIds();
    return ids.length == 0 ? new long[] {file.unknownId()} : ids;
  }

  TokenizerFile file() {
    return file;
  }

  /** Frees the native tokenizer; no thread may be encoding any more. */
  @Override
  public void close() {
    tokenizer.close();
  }
}
