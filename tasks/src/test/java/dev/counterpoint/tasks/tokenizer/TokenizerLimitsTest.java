package dev.counterpoint.tasks.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.settings.InvalidSettings;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Files and texts that end the process in the native library, or need too much memory. */
final class TokenizerLimitsTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String STRIP = "{'type': 'Strip', 'strip_left': true, 'strip_right': true}";

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '`',
      value = {
        "normalizer.prepend; {'type': 'Prepend', 'prepend': ''}",
        "normalizer.pattern; {'type': 'Replace', 'pattern': {'String': ''}, 'content': 'a'}",
        "normalizer.pattern; {'type': 'Replace', 'pattern': {'Regex': '(?=(\\\\d{3})+(?!\\\\d))'}, 'content': ''}",
        "pre_tokenizer.pattern; {'type': 'Split', 'pattern': {'Regex': 'a', 'String': 'a'}, 'behavior': 'Isolated', 'invert': false}",
        "decoder.suffix; {'type': 'BPEDecoder', 'suffix': ''}",
        "decoder.word_delimiter_token; {'type': 'CTC', 'pad_token': '', 'word_delimiter_token': '', 'cleanup': true}",
        "decoder.stop; {'type': 'Strip', 'content': ' ', 'start': 1, 'stop': 1}",
        "model.max_input_chars; {'type': 'WordPiece', 'unk_token': 'a', 'continuing_subword_prefix': '##', 'max_input_chars_per_word': 1001, 'vocab': {'a': 0}}",
        "COUNTERPOINT_TOKENIZER_REGEX=any; {'type': 'Split', 'pattern': {'Regex': 'a+b'}, 'behavior': 'Isolated', 'invert': false}"
      })
  void aComponentThatEndsTheProcessIsRejected(String detail, String component) throws Exception {
    String part = detail.startsWith("COUNT") ? "pre_tokenizer" : detail.split("\\.")[0];
    assertRejected(file().set(part, json(component)), detail);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '`',
      value = {
        "normalizer; {'type': 'Sequence', 'normalizers': [{'type': 'ByteLevel'}, {'type': 'ByteLevel'}]}; the only ByteLevel",
        "normalizer; {'type': 'Replace', 'pattern': {'String': '%s'}, 'content': ''}; normalizer.pattern",
        "pre_tokenizer; {'type': 'Split', 'pattern': {'String': '%s'}, 'behavior': 'Isolated', 'invert': false}; pre_tokenizer.pattern",
        "pre_tokenizer; {'type': 'Split', 'pattern': {'String': '\\ud801'}, 'behavior': 'Isolated', 'invert': false}; surrogate",
        "model; {'type': 'WordPiece', 'unk_token': 'a', 'continuing_subword_prefix': '%s', 'max_input_chars_per_word': 100, 'vocab': {'a': 0}}; model.continuing_subword_prefix",
        "model; {'type': 'BPE', 'end_of_word_suffix': '%s', 'vocab': {'a': 0}, 'merges': []}; model.end_of_word_suffix",
        "post_processor; {'type': 'Sequence', 'processors': [TEMPLATE, TEMPLATE]}; the only TemplateProcessing",
      })
  void aComponentThatNeedsMuchTimeOrMemoryIsRejected(String part, String component, String detail)
      throws Exception {
    String template =
        "{'type': 'TemplateProcessing', 'single': [{'Sequence': {'id': 'A', 'type_id': 0}}],"
            + " 'pair': [{'Sequence': {'id': 'A', 'type_id': 0}}, {'Sequence': {'id': 'B', 'type_id': 0}}],"
            + " 'special_tokens': {}}";
    assertRejected(
        file()
            .set(
                part, json(component.replace("TEMPLATE", template).replace("%s", "#".repeat(257)))),
        detail);
  }

  @Test
  void aLongTokenOfAUnigramModelIsRejected() throws Exception {
    String model =
        "{'type': 'Unigram', 'unk_id': 0, 'vocab': [['u', 0], ['%s', -1]]}"
            .formatted("a".repeat(257));
    assertRejected(file().set("model", json(model)), "model.vocab.1");
  }

  @Test
  void longTokensThatAreSearchedInALongTextAreRejected() throws Exception {
    String model =
        "{'type': 'Unigram', 'unk_id': 0, 'vocab': [['%s', 0]]}".formatted("b".repeat(99));
    String normalizer = "{'type': 'Replace', 'pattern': {'String': 'a'}, 'content': 'bbbbb'}";
    ObjectNode file = file().set("model", json(model));
    assertRejected(file.set("normalizer", json(normalizer)), "253 steps");
  }

  @Test
  void idsOfRepeatedUnigramTokensAreThoseOfTheLibrary() throws Exception {
    ObjectNode file = withTokens("{'content': 'x'}");
    String model = "{'type': 'Unigram', 'unk_id': 0, 'vocab': [['u', 0], ['a', -1], ['a', -2]]}";
    file.set("model", json(model));
    file.withArray("added_tokens").forEach(token -> ((ObjectNode) token).put("id", 3));

    assertThat(open(file).vocabularySize()).isEqualTo(4);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '`',
      value = {"single; 1; 0; 1", "pair; 0; 1; 0", "pair; 0; 0; 11"})
  void aTemplateWithOtherTypesThanThoseOfTheModelsIsRejected(
      String key, int single, int first, int second) throws Exception {
    String piece = "{'Sequence': {'id': '%s', 'type_id': %s}}";
    String template =
        "{'type': 'TemplateProcessing', 'single': [%s], 'pair': [%s, %s], 'special_tokens': {}}"
            .formatted(
                piece.formatted("A", single),
                piece.formatted("A", first),
                piece.formatted("B", second));
    assertRejected(file().set("post_processor", json(template)), "post_processor." + key);
  }

  @Test
  void anIdOutsideOfTheVocabularyIsRejectedWhateverTheNameOfItsToken() throws Exception {
    String template =
        "{'type': 'TemplateProcessing', 'single': [{'Sequence': {'id': 'A', 'type_id': 0}}],"
            + " 'pair': [{'Sequence': {'id': 'A', 'type_id': 0}}, {'Sequence': {'id': 'B', 'type_id': 0}}],"
            + " 'special_tokens': {'ids': {'id': 'ids', 'ids': [9], 'tokens': ['ids']}}}";
    assertRejected(file().set("post_processor", json(template)), "an id below 2");
  }

  @Test
  void manyAddedTokensAreRejected() throws Exception {
    String[] tokens = new String[30_001];
    for (int i = 0; i < tokens.length; i++) {
      tokens[i] = "{'content': '<" + i + ">'}";
    }
    assertRejected(withTokens(tokens), "30001 added tokens");
  }

  @Test
  void aLargeIdIsRejected() throws Exception {
    ObjectNode file = file();
    file.withObject("/model/vocab").put("c", Integer.MAX_VALUE);

    assertRejected(file, "model.vocab.c");
  }

  @Test
  void aTemplateThatAddsManyTokensIsRejected() throws Exception {
    String template =
        "{'type': 'TemplateProcessing', 'single': [%1$s{'Sequence': {'id': 'A', 'type_id': 0}}],"
            + " 'pair': [], 'special_tokens': {'a': {'id': 'a', 'ids': [0%2$s], 'tokens': ['a'%3$s]}}}";
    String special = "{'SpecialToken': {'id': 'a', 'type_id': 0}},".repeat(20);
    assertRejected(
        file()
            .set(
                "post_processor",
                json(template.formatted(special, ", 0".repeat(99), ", 'a'".repeat(99)))),
        "post_processor.single");
  }

  @Test
  void deeplyNestedComponentsAreRejected() throws Exception {
    String decoder = "{'type': 'Fuse'}";
    for (int i = 0; i < 20; i++) {
      decoder = "{'type': 'Sequence', 'decoders': [" + decoder + "]}";
    }
    assertRejected(file().set("decoder", json(decoder)), "depth");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '`',
      value = {
        "normalizer; 1; {'type': 'Prepend', 'prepend': '%1$s'}",
        "normalizer; 1; {'type': 'Replace', 'pattern': {'String': 'a'}, 'content': '%1$s'}",
        "decoder; 1; {'type': 'Replace', 'pattern': {'String': 'a'}, 'content': '%1$s'}",
        "normalizer; 3; {'type': 'Replace', 'pattern': {'Regex': '.'}, 'content': '\uFDFA'}",
        "pre_tokenizer; 7; {'type': 'Metaspace', 'replacement': '_'}",
        "pre_tokenizer; 33; {'type': 'Whitespace'}"
      })
  void componentsThatMakeATextVeryLongAreRejected(String part, int count, String component)
      throws Exception {
    String list = (component.formatted("b".repeat(65)) + ",").repeat(count).replaceFirst(",$", "");
    String key = part.replace("_", "") + "s";
    assertRejected(
        file().set(part, json("{'type': 'Sequence', '%s': [%s]}".formatted(key, list))),
        "components");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '`',
      value = {
        "{'type': 'BertNormalizer', 'clean_text': true, 'handle_chinese_chars': true, 'strip_accents': true, 'lowercase': true}; \u0301",
        STRIP + "; \u3000",
        "{'type': 'Replace', 'pattern': {'String': 'A'}, 'content': ''}; AA"
      })
  void anAddedTokenThatTheNormalizerMakesEmptyIsRejected(String normalizer, String token)
      throws Exception {
    assertRejected(
        withTokens("{'normalized': true, 'content': '%s'}".formatted(token))
            .set("normalizer", json(normalizer)),
        "added_tokens");
  }

  @Test
  void anAddedTokenThatTheNormalizerKeepsIsAccepted() throws Exception {
    Tokenizer tokenizer =
        open(withTokens("{'normalized': true, 'content': ' x'}").set("normalizer", json(STRIP)));

    assertThat(tokenizer.vocabularySize()).isEqualTo(3);
  }

  @Test
  void anAddedTokenInTheWhiteSpaceOfAnotherIsRejected() throws Exception {
    assertRejected(
        withTokens("{'rstrip': true, 'content': 'x'}", "{'lstrip': true, 'content': ' '}"),
        "lstrip");
  }

  @Test
  void aTextOfMoreCharactersThanTheLimitIsRejected() throws Exception {
    ObjectNode file =
        file()
            .set(
                "normalizer",
                json(
                    "{'type': 'Replace', 'pattern': {'String': 'z'}, 'content': '%s'}"
                        .formatted("b".repeat(50))));
    try (TextEncoder encoder = new TextEncoder(open(file), 8)) {
      assertThatThrownBy(() -> encoder.encodings(List.of("a".repeat(80_001)), null))
          .isInstanceOf(InvalidSettings.class)
          .hasMessageContaining("80001 characters")
          .hasMessageContaining("80000");
    }
  }

  @Test
  void aPairTemplateWithoutRoomForTextIsRejected() throws Exception {
    String special = "{'SpecialToken': {'id': 'a', 'type_id': 0}},".repeat(8);
    String sequence = "{'Sequence': {'id': '%s', 'type_id': 0}}";
    String template =
        "{'type': 'TemplateProcessing', 'single': [%s], 'pair': [%s%s, %s], 'special_tokens':"
            + " {'a': {'id': 'a', 'ids': [0], 'tokens': ['a']}}}";
    String first = sequence.formatted("A");
    ObjectNode file =
        file()
            .set(
                "post_processor",
                json(template.formatted(first, special, first, sequence.formatted("B"))));
    try (TextEncoder encoder = new TextEncoder(open(file), 8)) {
      assertThatThrownBy(() -> encoder.encoded(List.of("a"), List.of("b")))
          .isInstanceOf(InvalidSettings.class)
          .hasMessageContaining("maxLength 8");
    }
  }

  private static ObjectNode file() throws IOException {
    return json(
        "{'added_tokens': [], 'model': {'type': 'WordLevel', 'vocab': {'a': 0, 'b': 1}, 'unk_token': 'a'}}");
  }

  private static ObjectNode withTokens(String... tokens) throws IOException {
    ObjectNode file = file();
    for (String token : tokens) {
      ObjectNode added =
          json("{'single_word': false, 'lstrip': false, 'rstrip': false, 'normalized': false}");
      added.put("special", false).put("id", 2 + file.path("added_tokens").size());
      file.withArray("added_tokens").add(added.setAll(json(token)));
    }
    return file;
  }

  private static ObjectNode json(String text) throws IOException {
    return (ObjectNode) JSON.readTree(text.replace('\'', '"'));
  }

  private static Tokenizer open(Object file) {
    String json = file.toString().replace("\ud801", "\\ud801"); // UTF-8 has no half of a pair
    return Tokenizer.of(json.getBytes(StandardCharsets.UTF_8), "tokenizer.json");
  }

  private static void assertRejected(Object file, String detail) {
    assertThatThrownBy(() -> open(file))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("tokenizer.json")
        .hasMessageContaining(detail);
  }
}
