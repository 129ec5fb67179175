package dev.counterpoint.tasks.tokenizer;

import ai.djl.huggingface.tokenizers.Encoding;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import ai.djl.huggingface.tokenizers.jni.CharSpan;
import dev.counterpoint.core.data.HostBatch;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.core.storage.NativeFailure;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.LongStream;

/**
 * Encodes texts to token ids with a {@code tokenizer.json}, in training and prediction alike:
 * truncated to the model's maximum length, with special tokens, and padded to the longest text of a
 * batch. Thread-safe.
 *
 * <p>The truncation and padding settings of the file are ignored.
 */
public final class TextEncoder implements AutoCloseable {
  private static final int MAX_EXAMPLES = 12;
  private static final int MAX_SHOWN = 60;

  private final HuggingFaceTokenizer tokenizer;
  private final TokenizerFile file;

  /**
   * Loads a tokenizer.
   *
   * @param maxLength the maximum number of tokens of a text, including special tokens
   * @throws InvalidSettings if the file is not a tokenizer, or the length leaves no room for text
   */
  public TextEncoder(Path tokenizerJson, int maxLength) throws IOException {
    this(Files.readAllBytes(tokenizerJson), tokenizerJson.toString(), maxLength);
  }

  public TextEncoder(byte[] json, String name, int maxLength) throws IOException {
    file = TokenizerFile.read(json, name);
    tokenizer = load(json, name, maxLength);
    int special = tokenizer.encode("").getIds().length;
    if (special >= maxLength) {
      tokenizer.close();
      throw new InvalidSettings(
          "maxLength %s leaves no room for text: %s adds %s special tokens to each text."
              .formatted(maxLength, name, special));
    }
  }

  /** Maximum number of tokens of a text, including special tokens. */
  public int maxLength() {
    return tokenizer.getMaxLength();
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
      throw new InvalidSettings(
          NativeFailure.explain(e)
              .orElse(name + " cannot be read as a tokenizer: " + e.getMessage()));
    }
  }

  /**
   * Encodes texts as one batch of {@code ids} and {@code mask}, both (texts, tokens). A text
   * without tokens becomes one unknown token, so that no row is masked completely.
   */
  public HostBatch encode(List<String> texts) {
    return batch(encodings(texts));
  }

  public HostBatch batch(Encoding[] encodings) {
    List<long[]> rows = Arrays.stream(encodings).map(this::ids).toList();
    return new HostBatch(rows.size(), TokenRows.count(rows), TokenRows.pad(rows, file.paddingId()));
  }

  /**
   * Encodes a prompt, which is never truncated.
   *
   * @throws InvalidSettings if the prompt has more tokens than the model accepts
   */
  public long[] prompt(String text) {
    Encoding encoding = tokenizer.encode(text);
    if (encoding.exceedMaxLength()) {
      throw new InvalidSettings(
          "The prompt has more tokens than the model accepts (%s): %s"
              .formatted(
                  maxLength(),
                  text.length() > MAX_SHOWN ? text.substring(0, MAX_SHOWN) + "..." : text));
    }
    return encoding.getIds();
  }

  /** Decodes tokens to text, without special tokens. */
  public String decode(List<Long> ids) {
    return decode(ids.stream().mapToLong(id -> id).toArray());
  }

  /** Decodes tokens to text, without special tokens. */
  public String decode(long[] ids) {
    return tokenizer.decode(ids, true);
  }

  /** Decodes a single token; special tokens are included. */
  public String decodeToken(long id) {
    return tokenizer.decode(new long[] {id}, false);
  }

  /** Returns the distinct parts of a text that the tokenizer maps to the unknown token. */
  public List<String> unknown(String text) {
    Encoding encoding = tokenizer.encode(text);
    long[] ids = encoding.getIds();
    CharSpan[] spans = encoding.getCharTokenSpans();
    Set<String> unknown = new LinkedHashSet<>();
    for (int i = 0; i < ids.length; i++) {
      if (file.isUnknown(ids[i]) && spans[i] != null) {
        unknown.add(part(text, spans[i]));
      }
    }
    return List.copyOf(unknown);
  }

  /** The part of a text at a span, which is counted in code points. */
  private static String part(String text, CharSpan span) {
    int from = text.offsetByCodePoints(0, span.getStart());
    return text.substring(from, text.offsetByCodePoints(from, span.getEnd() - span.getStart()));
  }

  /**
   * Returns the id of a text that is a single token.
   *
   * @throws InvalidSettings if the text has no token, several tokens or an unknown token
   */
  public long idOf(String token) {
    Encoding encoding = tokenizer.encode(token, false, false);
    long[] ids = encoding.getIds();
    if (ids.length != 1 || file.isUnknown(ids[0])) {
      throw new InvalidSettings(
          "\""
              + token
              + "\" is "
              + (ids.length == 1
                  ? "not in the vocabulary of %s tokens. Examples: %s."
                      .formatted(file.vocabularySize(), examples())
                  : "%s tokens; use a single token, such as %s."
                      .formatted(ids.length, tokensOf(token, encoding))));
    }
    return ids[0];
  }

  private String tokensOf(String token, Encoding encoding) {
    return encoding.getIds().length == 0
        ? examples()
        : Arrays.stream(encoding.getCharTokenSpans())
            .filter(Objects::nonNull)
            .map(span -> '"' + part(token, span) + '"')
            .distinct()
            .limit(MAX_EXAMPLES)
            .collect(Collectors.joining(", "));
  }

  private String examples() {
    return LongStream.range(0, file.vocabularySize())
        .mapToObj(id -> tokenizer.decode(new long[] {id}, false))
        .filter(text -> !text.isBlank())
        .limit(MAX_EXAMPLES)
        .map(text -> '"' + text + '"')
        .collect(Collectors.joining(", "));
  }

  public Encoding[] encodings(List<String> texts) {
    return tokenizer.batchEncode(texts);
  }

  public long[] ids(Encoding encoding) {
    long[] ids = encoding.getIds();
    return ids.length == 0 ? new long[] {file.unknownId()} : ids;
  }

  public TokenizerFile file() {
    return file;
  }

  /** Frees the native tokenizer. No thread may still be encoding. */
  @Override
  public void close() {
    tokenizer.close();
  }
}
