package dev.counterpoint.tasks.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.tasks.tokenizer.TokenizerSettings.Type;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class VocabularyBuilderTest {
  /**
   * Composed and decomposed accents, scripts, emoji, joiners, unusual spaces, controls, and letters
   * whose lowercase form is longer.
   */
  private static final List<String> UNUSUAL_TEXTS =
      List.of(
          "It's John's; they'll say \"I've\" -- 3.14 and 1,000!",
          "Café naïve résumé Ångström, Cafe\u0301 combining",
          "你好，世界。 日本語のテスト 한국어",
          "Привет, мир! Καλημέρα ΣΊΣΥΦΟΣ",
          "مرحبا שלום नमस्ते",
          "emoji 😀 👨\u200d👩\u200d👧 ❤️ end",
          "zero\u200bwidth\u00a0nbsp\u3000ideographic\u2028line",
          "control\u0000char\u0001s\u007f tab\tnew\nline\r\nend",
          "İstanbul STRASSE ﬁ ½ ² ™ € ¥ snake_case __x__ Ⅷ ⓐ ª");

  @Test
  void sortsTokensByCountAndThenAlphabetically() throws IOException {
    assertThat(vocabulary(new TokenizerSettings(Type.WORD, null, 100, 1, true), "b a c c, B"))
        .containsExactlyInAnyOrderEntriesOf(
            Map.of("[PAD]", 0, "[UNK]", 1, "b", 2, "c", 3, ",", 4, "a", 5));
  }

  @Test
  void excludesRareTokens() throws IOException {
    assertThat(vocabulary(new TokenizerSettings(Type.WORD, null, 100, 2, true), "a b a"))
        .containsOnlyKeys("[PAD]", "[UNK]", "a");
  }

  @Test
  void excludesWordsThatAreTooLongForAKey() throws IOException {
    assertThat(
            vocabulary(
                new TokenizerSettings(Type.WORD, null, 100, 1, true), "a " + "x".repeat(3_000_000)))
        .containsOnlyKeys("[PAD]", "[UNK]", "a");
  }

  @Test
  void limitsTheVocabularySize() throws IOException {
    assertThat(vocabulary(new TokenizerSettings(Type.WORD, null, 4, 1, true), "a a b b c"))
        .containsOnlyKeys("[PAD]", "[UNK]", "a", "b");
  }

  @Test
  void keepsCaseWithoutLowercasing() throws IOException {
    assertThat(vocabulary(new TokenizerSettings(Type.WORD, null, 100, 1, false), "The the"))
        .containsKeys("The", "the");
  }

  @Test
  void excludesUnpairedSurrogates() throws IOException {
    assertThat(vocabulary(new TokenizerSettings(Type.CHARACTER, null, 100, 1, false), "a\ud800b"))
        .containsOnlyKeys("[PAD]", "[UNK]", "a", "b");
  }

  @ParameterizedTest
  @EnumSource
  void nativeTokenizerKnowsEveryTokenOfTheTrainingText(Type type) throws IOException {
    assertAllKnown(new TokenizerSettings(type, null, 30_000, 1, true), UNUSUAL_TEXTS);
    assertAllKnown(new TokenizerSettings(type, null, 30_000, 1, false), UNUSUAL_TEXTS);
  }

  @ParameterizedTest
  @EnumSource
  void nativeTokenizerKnowsEveryTokenOfRealReviews(Type type) throws IOException {
    Path reviews = SharedFiles.find("data/sst2/dev.tsv");
    List<String> texts =
        Files.readAllLines(reviews).stream().map(line -> line.split("\t")[0]).toList();
    assertAllKnown(new TokenizerSettings(type, null, 100_000, 1, true), texts);
  }

  @Test
  void splitsWordsAtPunctuation() throws IOException {
    VocabularyBuilder builder =
        builder(new TokenizerSettings(Type.WORD, null, 100, 1, true), List.of("don't -- stop."));
    try (TextEncoder encoder = new TextEncoder(builder.tokenizer(), 100)) {
      assertThat(encoder.encodings(List.of("don't -- stop."), null)[0].getTokens())
          .containsExactly("don", "'", "t", "--", "stop", ".");
    }
  }

  @Test
  void charactersAreCodePointsIncludingWhiteSpace() throws IOException {
    List<String> texts = List.of("a 😀\nb");
    VocabularyBuilder builder =
        builder(new TokenizerSettings(Type.CHARACTER, null, 100, 1, true), texts);
    try (TextEncoder encoder = new TextEncoder(builder.tokenizer(), 100)) {
      assertThat(encoder.encodings(texts, null)[0].getTokens())
          .containsExactly("a", " ", "😀", "\n", "b");
    }
  }

  private static void assertAllKnown(TokenizerSettings settings, List<String> texts)
      throws IOException {
    VocabularyBuilder builder = builder(settings, texts);
    try (TextEncoder encoder = new TextEncoder(builder.tokenizer(), 1000)) {
      for (int from = 0; from < texts.size(); from += 1000) {
        List<String> chunk = texts.subList(from, Math.min(texts.size(), from + 1000));
        assertThat(encoder.encoded(chunk).batch().tensors().get(Batch.IDS).longs())
            .doesNotContain(1);
      }
    }
  }

  private static VocabularyBuilder builder(TokenizerSettings settings, List<String> texts) {
    VocabularyBuilder builder = new VocabularyBuilder(settings);
    texts.forEach(builder::add);
    return builder;
  }

  private static Map<String, Integer> vocabulary(TokenizerSettings settings, String text)
      throws IOException {
    JsonNode file = new ObjectMapper().readTree(builder(settings, List.of(text)).toJson());
    Map<String, Integer> tokens = new TreeMap<>();
    file.path("model")
        .path("vocab")
        .properties()
        .forEach(token -> tokens.put(token.getKey(), token.getValue().asInt()));
    return tokens;
  }
}
