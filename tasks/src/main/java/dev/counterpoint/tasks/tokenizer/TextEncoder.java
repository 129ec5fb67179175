package dev.counterpoint.tasks.tokenizer;

import ai.djl.huggingface.tokenizers.Encoding;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import ai.djl.huggingface.tokenizers.jni.CharSpan;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.data.HostBatch;
import dev.counterpoint.core.data.HostTensor;
import dev.counterpoint.core.settings.Excerpt;
import dev.counterpoint.core.settings.InvalidSettings;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * Encodes texts to token ids with a {@code tokenizer.json}, in training and prediction alike:
 * truncated to the model's maximum length, with special tokens, and padded to the longest text of a
 * batch. Thread-safe.
 *
 * <p>The truncation and padding settings of the file are ignored.
 */
public final class TextEncoder implements AutoCloseable {
  private static final int MAX_EXAMPLES = 12;

  /**
   * The maximum number of characters encoded in one native call, which needs about 700 times their
   * memory.
   */
  private static final int MAX_WHOLE = 100_000;

  private final HuggingFaceTokenizer tokenizer;
  private final Tokenizer file;

  /**
   * Loads a tokenizer.
   *
   * @param maxLength the maximum number of tokens of a text, including special tokens
   * @throws InvalidSettings if the file is not a tokenizer, or the length leaves no room for text
   */
  public TextEncoder(Tokenizer file, int maxLength) throws IOException {
    this.file = file;
    tokenizer = file.load("true", maxLength, 0);
    try {
      file.checkRoom(encode("", true), maxLength, 0);
    } catch (InvalidSettings e) {
      tokenizer.close();
      throw e;
    }
  }

  /**
   * One token of a text.
   *
   * @param start the position in the text, in Unicode code points; -1 for an added special token
   * @param end the end position, exclusive; -1 for an added special token
   */
  public record Token(String token, long id, int start, int end) {}

  /** Returns the tokens of a text, with special tokens. */
  public List<Token> tokens(String text) {
    Encoding encoding = encode(text, true);
    List<Token> tokens = new ArrayList<>();
    for (int i = 0; i < encoding.getIds().length; i++) {
      CharSpan span = encoding.getCharTokenSpans()[i];
      tokens.add(
          new Token(
              encoding.getTokens()[i],
              encoding.getIds()[i],
              span == null ? -1 : span.getStart(),
              span == null ? -1 : span.getEnd()));
    }
    return tokens;
  }

  /** Maximum number of tokens of a text, including special tokens. */
  public int maxLength() {
    return tokenizer.getMaxLength();
  }

  private Encoding encode(String text, boolean special) {
    return file.encode(() -> tokenizer.encode(text, special, false), text);
  }

  private Encoding encode(String text, @Nullable String second) {
    return second == null
        ? encode(text, true)
        : file.encode(() -> tokenizer.encode(text, second, true, false), text, second);
  }

  /**
   * Texts as one batch.
   *
   * @param truncated whether each text was truncated
   */
  public record Encoded(HostBatch batch, List<Boolean> truncated) {}

  /**
   * Encodes texts as one batch of {@code ids} and {@code mask}, both (texts, tokens). A text
   * without tokens becomes one unknown token, so that no row is masked completely.
   */
  public Encoded encoded(List<String> texts) {
    Encoding[] encodings = encodings(texts, null);
    return new Encoded(batch(encodings), truncated(encodings));
  }

  /** Encodes pairs of texts as one batch, which also has {@code tokenTypes}, (pairs, tokens). */
  public Encoded encoded(List<String> texts, List<String> seconds) {
    Encoding[] encodings = encodings(texts, seconds);
    HostBatch batch = batch(encodings);
    int[] starts = Arrays.stream(encodings).mapToInt(TextEncoder::secondStart).toArray();
    List<long[]> rows = Arrays.stream(encodings).map(this::ids).toList();
    Map<String, HostTensor> tensors = new TreeMap<>(batch.tensors());
    tensors.put(Batch.TOKEN_TYPES, TokenRows.types(rows, starts));
    return new Encoded(new HostBatch(batch.size(), batch.tokens(), tensors), truncated(encodings));
  }

  private static List<Boolean> truncated(Encoding[] encodings) {
    return Arrays.stream(encodings).map(Encoding::exceedMaxLength).toList();
  }

  /** The first token of type 1, which belongs to the second text; the number of tokens if none. */
  public static int secondStart(Encoding encoding) {
    long[] types = encoding.getTypeIds();
    return (int) IntStream.range(0, types.length).takeWhile(i -> types[i] == 0).count();
  }

  private HostBatch batch(Encoding[] encodings) {
    List<long[]> rows = Arrays.stream(encodings).map(this::ids).toList();
    return new HostBatch(
        rows.size(), TokenRows.count(rows), TokenRows.pad(rows, file.special().padding()));
  }

  /**
   * Encodes a prompt without special tokens, as training texts are encoded, and without truncation.
   *
   * @throws InvalidSettings if the prompt has more tokens than the model accepts
   */
  public long[] prompt(String text) {
    Encoding encoding = encode(text, false);
    if (encoding.exceedMaxLength()) {
      throw new InvalidSettings(
          "The prompt has more tokens than the model accepts (%s): %s",
          maxLength(), Excerpt.of(text));
    }
    return encoding.getIds();
  }

  /** Decodes tokens to text, without special tokens. */
  public String decode(List<Long> ids) {
    return decode(ids.stream().mapToLong(id -> id).toArray());
  }

  /** Decodes tokens to text, without special tokens. */
  public String decode(long[] ids) {
    return file.run("decode", () -> tokenizer.decode(ids, true));
  }

  /** Decodes a single token; special tokens are included. */
  public String decodeToken(long id) {
    return tokenizer.decode(new long[] {id}, false);
  }

  /** Returns the distinct parts of a text that the tokenizer maps to the unknown token. */
  public List<String> unknown(String text) {
    Encoding encoding = encode(text, false);
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
    Encoding encoding = encode(token, false);
    long[] ids = encoding.getIds();
    if (ids.length != 1 || file.isUnknown(ids[0])) {
      throw new InvalidSettings(
          "\"%s\" is %s",
          Excerpt.ofItem(token),
          ids.length == 1
              ? "not in the vocabulary of %s tokens. Examples: %s."
                  .formatted(file.vocabularySize(), examples())
              : "%s tokens; use a single token, such as %s."
                  .formatted(ids.length, tokensOf(token, encoding)));
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

  /**
   * Encodes texts. Of a very long text only the beginning is encoded, up to a white space, if it
   * has more tokens than the maximum. The longer text of a pair is truncated first.
   *
   * @param seconds the second text of each pair; null if there are no pairs
   */
  public Encoding[] encodings(List<String> texts, @Nullable List<String> seconds) {
    if (seconds != null) {
      file.checkRoom(encode("", ""), maxLength(), 0);
    }
    return IntStream.range(0, texts.size())
        .parallel()
        .mapToObj(i -> truncated(texts.get(i), seconds == null ? null : seconds.get(i)))
        .toArray(Encoding[]::new);
  }

  private Encoding truncated(String text, @Nullable String second) {
    Encoding encoding = encode(beginning(text), second == null ? null : beginning(second));
    boolean isLong = text.length() > MAX_WHOLE || (second != null && second.length() > MAX_WHOLE);
    return isLong && !encoding.exceedMaxLength() ? encode(text, second) : encoding;
  }

  private static String beginning(String text) {
    int end = text.length() > MAX_WHOLE ? MAX_WHOLE : 0;
    while (end > 0 && !Character.isWhitespace(text.charAt(end))) {
      end--;
    }
    return end > 0 ? text.substring(0, end) : text;
  }

  public long[] ids(Encoding encoding) {
    long[] ids = encoding.getIds();
    return ids.length == 0 ? new long[] {file.special().unknown()} : ids;
  }

  public Tokenizer file() {
    return file;
  }

  /** Frees the native tokenizer. No thread may still be encoding. */
  @Override
  public void close() {
    tokenizer.close();
  }
}
