package dev.counterpoint.tasks.tokenizer;

import ai.djl.huggingface.tokenizers.Encoding;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import ai.djl.huggingface.tokenizers.jni.CharSpan;
import dev.counterpoint.core.data.HostBatch;
import dev.counterpoint.core.settings.InvalidSettings;
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
 * Texts to token ids by a {@code tokenizer.json}, as training had them: cut to the model's length,
 * special tokens among the ids, padded to the longest. Any number of threads may use one.
 *
 * <p>The file's own truncation and padding do not count.
 */
public final class TextEncoder implements AutoCloseable {
  private static final int EXAMPLES = 12;
  private static final int SHOWN = 60;

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

  public TextEncoder(byte[] json, String name, int maxLength) throws IOException {
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

  /** The most tokens of a text, special ones included. */
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

  public HostBatch batch(Encoding[] encodings) {
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
      throw new InvalidSettings(
          "A prompt has more than the "
              + maxLength()
              + " tokens that the model takes: "
              + (text.length() > SHOWN ? text.substring(0, SHOWN) + "..." : text));
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

  /** One token as it is written in a text, special ones too. */
  public String written(long id) {
    return tokenizer.decode(new long[] {id}, false);
  }

  /** The parts of a text, each once, that the tokenizer has no token for. */
  public List<String> unknown(String text) {
    Encoding encoding = tokenizer.encode(text);
    long[] ids = encoding.getIds();
    CharSpan[] places = encoding.getCharTokenSpans();
    Set<String> unknown = new LinkedHashSet<>();
    for (int i = 0; i < ids.length; i++) {
      if (file.isUnknown(ids[i]) && places[i] != null) {
        unknown.add(part(text, places[i]));
      }
    }
    return List.copyOf(unknown);
  }

  /** Places are counted in code points. */
  private static String part(String text, CharSpan place) {
    int from = text.offsetByCodePoints(0, place.getStart());
    return text.substring(from, text.offsetByCodePoints(from, place.getEnd() - place.getStart()));
  }

  /**
   * The id of a text that is one token.
   *
   * @throws InvalidSettings where it is none, or several, or unknown
   */
  public long idOf(String token) {
    Encoding encoding = tokenizer.encode(token, false, false);
    long[] ids = encoding.getIds();
    if (ids.length != 1 || file.isUnknown(ids[0])) {
      throw new InvalidSettings(
          "There is no token \""
              + token
              + "\": to the tokenizer it is "
              + (ids.length == 1
                  ? "unknown. It knows " + file.vocabularySize() + " tokens, as " + examples() + "."
                  : ids.length + " tokens; one is needed, as " + quoted(token, encoding) + "."));
    }
    return ids[0];
  }

  private String quoted(String token, Encoding encoding) {
    return encoding.getIds().length == 0
        ? examples()
        : Arrays.stream(encoding.getCharTokenSpans())
            .filter(Objects::nonNull)
            .map(place -> '"' + part(token, place) + '"')
            .distinct()
            .limit(EXAMPLES)
            .collect(Collectors.joining(", "));
  }

  private String examples() {
    return LongStream.range(0, file.vocabularySize())
        .mapToObj(id -> tokenizer.decode(new long[] {id}, false))
        .filter(text -> !text.isBlank())
        .limit(EXAMPLES)
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

  /** Frees the native tokenizer; no thread may be encoding any more. */
  @Override
  public void close() {
    tokenizer.close();
  }
}
