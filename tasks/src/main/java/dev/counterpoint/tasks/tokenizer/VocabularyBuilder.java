package dev.counterpoint.tasks.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.internal.storage.Json;
import dev.counterpoint.core.settings.RecordCopy;
import dev.counterpoint.tasks.table.Surrogates;
import java.io.IOException;
import java.text.Normalizer;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Builds a vocabulary from texts and writes it as a {@code tokenizer.json}: a WordLevel model of
 * the Hugging Face tokenizers library with [PAD] 0, [UNK] 1, then the tokens by descending count.
 *
 * <p>Only the counting is implemented here, with the same rules as the file specifies. Token ids
 * always come from the Hugging Face library, in training and in prediction.
 */
public final class VocabularyBuilder {
  static final String PADDING = "[PAD]";
  static final String UNKNOWN = "[UNK]";
  static final String MASK = "[MASK]";

  /** Maximum length of a word; longer words are unknown: JSON limits the length of a key. */
  private static final int MAX_WORD = 16_000;

  private static final String ANY_CHARACTER = "[\\s\\S]";

  private static final String END_OF_TEXT = "<|endoftext|>";

  private final TokenizerSettings settings;
  private final List<String> specials;
  private final Pattern token;
  private final Map<String, Long> counts = new HashMap<>();

  public VocabularyBuilder(TokenizerSettings settings) {
    this(
        settings,
        settings.frame() ? List.of(PADDING, UNKNOWN, "[CLS]", "[SEP]") : List.of(PADDING, UNKNOWN));
  }

  /**
   * Creates a builder for language modeling: the end-of-text token is also the padding token, as
   * for GPT-2.
   */
  public static VocabularyBuilder forLanguageModeling(TokenizerSettings settings) {
    return new VocabularyBuilder(settings, List.of(END_OF_TEXT, UNKNOWN));
  }

  /** Creates a builder for masked language modeling: with [MASK], as for BERT. */
  public static VocabularyBuilder forMasking(TokenizerSettings settings) {
    return new VocabularyBuilder(
        RecordCopy.with(settings, "frame", true),
        List.of(PADDING, UNKNOWN, "[CLS]", "[SEP]", MASK));
  }

  private VocabularyBuilder(TokenizerSettings settings, List<String> specials) {
    this.settings = settings;
    this.specials = specials;
    this.token =
        switch (settings.type()) {
          case WORD -> Pattern.compile("\\w+|[^\\w\\s]+", Pattern.UNICODE_CHARACTER_CLASS);
          case CHARACTER -> Pattern.compile(ANY_CHARACTER);
        };
  }

  public void add(String text) {
    String composed = Normalizer.normalize(text, Normalizer.Form.NFC);
    Matcher tokens = token.matcher(settings.lowercase() ? lowercase(composed) : composed);
    while (tokens.find()) {
      counts.merge(tokens.group(), 1L, Long::sum);
    }
  }

  /**
   * Lowercases each character separately, like the native library: Java would lowercase a final
   * sigma to ς.
   */
  private static String lowercase(String text) {
    return text.replace('Σ', 'σ').toLowerCase(Locale.ROOT);
  }

  /** Returns a tokenizer with the vocabulary. */
  public Tokenizer tokenizer() throws IOException {
    return Tokenizer.of(toJson(), "The tokenizer of the training text");
  }

  /** Returns the content of a {@code tokenizer.json}. */
  byte[] toJson() throws IOException {
    ObjectNode file = TokenizerFiles.TABLE.get("empty").deepCopy();
    ArrayNode added = file.withArray("added_tokens");
    specials.forEach(token -> added.add(special(added.size(), token)));
    file.setAll((ObjectNode) TokenizerFiles.TABLE.get(settings.type().name()).deepCopy());
    if (!settings.lowercase()) {
      file.withArray("/normalizer/normalizers").remove(1);
    }
    if (settings.frame()) {
      String framing = TokenizerFiles.TABLE.at("/BERT/components/post_processor").toString();
      framing = framing.replace("$cls_token", "[CLS]").replace("\"#cls_token\"", "2");
      framing = framing.replace("$sep_token", "[SEP]").replace("\"#sep_token\"", "3");
      file.set("post_processor", Json.parse(framing, JsonNode.class));
    }
    addVocabulary(file.withObject("/model/vocab"));
    return Json.MAPPER.writerWithDefaultPrettyPrinter().writeValueAsBytes(file);
  }

  static ObjectNode special(int id, String content) {
    ObjectNode token = TokenizerFiles.TABLE.get("token").deepCopy();
    return token.put("id", id).put("content", content);
  }

  private void addVocabulary(ObjectNode vocabulary) {
    specials.forEach(token -> vocabulary.put(token, vocabulary.size()));
    counts.entrySet().stream()
        .filter(entry -> entry.getValue() >= settings.minimumCount())
        .filter(entry -> entry.getKey().length() <= MAX_WORD)
        .filter(entry -> !Surrogates.areUnpairedIn(entry.getKey()))
        .sorted(
            Map.Entry.<String, Long>comparingByValue(Comparator.reverseOrder())
                .thenComparing(Map.Entry.comparingByKey()))
        .limit(settings.vocabularySize() - vocabulary.size())
        .forEach(entry -> vocabulary.put(entry.getKey(), vocabulary.size()));
  }
}
