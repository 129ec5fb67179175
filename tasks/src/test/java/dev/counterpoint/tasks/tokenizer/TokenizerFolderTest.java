package dev.counterpoint.tasks.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.huggingface.tokenizers.Encoding;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import ai.djl.huggingface.tokenizers.jni.CharSpan;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.settings.InvalidSettings;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Converts tokenizers in older formats and compares them with the original {@code tokenizer.json}.
 */
class TokenizerFolderTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path folder;

  @Test
  void convertsVocabTxtToTheTokenizerJsonOfBert() throws Exception {
    JsonNode original = JSON.readTree(bert("tokenizer.json").toFile());
    writeWordPieces(original);

    JsonNode converted = JSON.readTree(TokenizerFolder.open(folder).json());

    ((ObjectNode) converted.path("model")).remove("type");
    ((ObjectNode) original.path("model")).remove("type");
    assertThat(converted).isEqualTo(original);
  }

  @Test
  void wordPieceIdsAndOffsetsEqualTheReference() throws Exception {
    writeWordPieces(JSON.readTree(bert("tokenizer.json").toFile()));

    assertGolden(TokenizerFolder.open(folder).json(), bert("golden-rust.json"), 31);
  }

  @Test
  void wordPieceWindowsEqualTheReference() throws Exception {
    writeWordPieces(JSON.readTree(bert("tokenizer.json").toFile()));
    JsonNode golden = JSON.readTree(bert("golden-rust.json").toFile());
    Map<String, String> windows =
        Map.of("truncation", "only_second", "maxLength", "64", "stride", "16", "padding", "false");
    try (HuggingFaceTokenizer tokenizer = load(TokenizerFolder.open(folder).json(), windows)) {
      for (JsonNode example : golden.path("windows_max64_stride16_only_second")) {
        Encoding first =
            tokenizer.encode(
                example.path("question").asText(), example.path("context").asText(), true, true);
        JsonNode expected = example.path("windows");
        assertWindow(first, expected.get(0));
        assertThat(first.getOverflowing()).hasSize(expected.size() - 1);
        for (int i = 1; i < expected.size(); i++) {
          assertWindow(first.getOverflowing()[i - 1], expected.get(i));
        }
      }
    }
  }

  @Test
  void keepsCaseIfTheTokenizerConfigDisablesLowercasing() throws Exception {
    Files.writeString(folder.resolve("vocab.txt"), "[UNK]\na\nA\n");
    Files.writeString(folder.resolve("tokenizer_config.json"), "{\"do_lower_case\": false}");

    assertThat(
            JSON.readTree(TokenizerFolder.open(folder).json()).at("/normalizer/lowercase").asText())
        .isEqualTo("false");
  }

  @Test
  void bytePairIdsAndOffsetsEqualTheReference() throws Exception {
    Path golden = SharedFiles.find("tokenizers/gpt2/golden-rust.json");
    for (String file : List.of("vocab.json", "merges.txt")) {
      Files.copy(golden.resolveSibling(file), folder.resolve(file));
    }

    assertGolden(TokenizerFolder.open(folder).json(), golden, 30);
  }

  @Test
  void bytePairMergesAreAppliedInOrder() throws Exception {
    Files.writeString(
        folder.resolve("vocab.json"),
        "{\"a\":0,\"b\":1,\"c\":2,\"ab\":3,\"bc\":4,\"<|endoftext|>\":5}");
    Files.writeString(folder.resolve("merges.txt"), "#version: 0.2\nb c\na b\n");
    try (HuggingFaceTokenizer tokenizer = load(TokenizerFolder.open(folder).json(), Map.of())) {
      assertThat(tokenizer.encode("abc").getIds()).containsExactly(0, 4);
      assertThat(tokenizer.encode("ab<|endoftext|>").getIds()).containsExactly(3, 5);
    }
  }

  @Test
  void endOfTextPaddingAndUnknownAreDifferentTokens() throws Exception {
    writeBytePairs();
    write("special_tokens_map.json", "{\"pad_token\": \"b\", \"unk_token\": \"a\"}");

    Tokenizer.Special special = TokenizerFolder.open(folder).special();

    assertThat(special).isEqualTo(new Tokenizer.Special(1, 0, 5, List.of(5)));
  }

  @Test
  void generationConfigIsUsedBeforeConfigAndTheTokenizer() throws Exception {
    writeBytePairs();
    write("config.json", "{\"model_type\": \"gpt2\", \"eos_token_id\": 2, \"bos_token_id\": 1}");
    assertThat(TokenizerFolder.open(folder).special().end()).containsExactly(2);

    write("generation_config.json", "{\"eos_token_id\": [4, 3], \"pad_token_id\": 0}");

    Tokenizer tokenizer = TokenizerFolder.open(folder);
    assertThat(tokenizer.special()).isEqualTo(new Tokenizer.Special(0, 5, 1, List.of(4, 3)));
    assertThat(tokenizer.stopTokens()).containsExactlyInAnyOrder(4L, 3L);
  }

  @Test
  void anEndOfTextTokenOfTheModelAloneIsKept() throws Exception {
    writeBytePairs();
    write("config.json", "{\"model_type\": \"gpt2\", \"vocab_size\": 20, \"eos_token_id\": 17}");
    Tokenizer tokenizer = TokenizerFolder.open(folder);
    Path saved = Files.createDirectory(folder.resolve("saved"));
    tokenizer.save(saved);

    assertThat(tokenizer.vocabularySize()).isEqualTo(18);
    assertThat(TokenizerFolder.open(saved).special()).isEqualTo(tokenizer.special());
  }

  @ParameterizedTest
  @CsvSource({"eos_token_id, -1", "eos_token_id, 1.5", "pad_token_id, true", "bos_token_id, []"})
  void aTokenIdMustBeAnIdOfTheVocabulary(String key, String value) throws Exception {
    writeBytePairs();
    write("config.json", "{\"model_type\": \"gpt2\"}");
    write("generation_config.json", "{\"%s\": %s}".formatted(key, value));

    if (value.equals("[]")) {
      assertThat(TokenizerFolder.open(folder).special().begin()).isEqualTo(5);
    } else {
      assertRejected("generation_config.json", key);
    }
  }

  @Test
  void aTokenIdOutsideTheVocabularyIsReported() throws Exception {
    writeBytePairs();
    write("config.json", "{\"model_type\": \"gpt2\", \"eos_token_id\": 50256}");

    Tokenizer tokenizer = TokenizerFolder.open(folder);

    assertThat(tokenizer.special().end()).containsExactly(5);
    assertThat(tokenizer.notes())
        .singleElement()
        .asString()
        .contains("config.json", "eos_token_id", "50256");
  }

  @Test
  void truncationAndPaddingOfAFileAreResetAndReported() throws Exception {
    ObjectNode file = (ObjectNode) JSON.readTree(bert("tokenizer.json").toFile());
    file.putObject("truncation")
        .put("direction", "Right")
        .put("max_length", 50)
        .put("strategy", "LongestFirst")
        .put("stride", 0);
    Path json = Files.write(folder.resolve("tokenizer.json"), JSON.writeValueAsBytes(file));

    Tokenizer tokenizer = TokenizerFolder.open(json);

    assertThat(JSON.readTree(tokenizer.json()).get("truncation").isNull()).isTrue();
    assertThat(tokenizer.notes())
        .singleElement()
        .asString()
        .contains(json.toString(), "truncation");
  }

  @Test
  void aFileWithoutTruncationIsUsedByteForByte() throws Exception {
    Path json = bert("tokenizer.json");

    assertThat(TokenizerFolder.open(json).json()).isEqualTo(Files.readAllBytes(json));
    assertThat(TokenizerFolder.open(json).notes()).isEmpty();
  }

  @Test
  void modelMaxLengthLimitsTheLengthOfATextAndIsSaved() throws Exception {
    Files.writeString(folder.resolve("vocab.txt"), "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\n");
    write("tokenizer_config.json", "{\"model_max_length\": 16}");
    Tokenizer tokenizer = TokenizerFolder.open(folder);
    Path saved = Files.createDirectory(folder.resolve("saved"));
    tokenizer.save(saved);

    assertThat(tokenizer.limit(512)).isEqualTo(16);
    assertThat(tokenizer.limit(8)).isEqualTo(8);
    assertThat(
            JSON.readTree(saved.resolve("tokenizer_config.json").toFile())
                .path("model_max_length")
                .asInt())
        .isEqualTo(16);
  }

  @Test
  void trailingSpaceOfALongLineIsNotPartOfItsToken() throws Exception {
    String spaces = " \u3000".repeat(500_000);
    Files.writeString(
        folder.resolve("vocab.txt"),
        "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n" + spaces + "x\na" + spaces + "\n");

    String json = new String(TokenizerFolder.open(folder).json(), StandardCharsets.UTF_8);
    assertThat(json).contains("\"a\":6");
  }

  @Test
  void anAbsentSpecialTokenIsNotAnEmptyLineOfTheVocabulary() throws Exception {
    Files.writeString(folder.resolve("vocab.txt"), "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n\na\n");
    write("tokenizer_config.json", "{\"cls_token\": null}");

    assertRejected("vocab.txt", "cls_token");
  }

  @ParameterizedTest
  @CsvSource({"vocab.txt", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json"})
  void aFileThatIsNotUtf8IsRejectedWithTheByte(String file) throws Exception {
    Files.writeString(folder.resolve("vocab.txt"), "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\n");
    Files.write(folder.resolve(file), "{\"caf\u00e9\"}".getBytes(StandardCharsets.ISO_8859_1));

    assertRejected(file, "offset 5");
  }

  @Test
  void mergesThatAreNotUtf8AreRejectedWithTheByte() throws Exception {
    writeBytePairs();
    Files.write(folder.resolve("merges.txt"), new byte[] {'a', ' ', (byte) 0xFF, '\n'});

    assertRejected("merges.txt", "offset 2");
  }

  @Test
  void anUnknownOptionIsRejectedByName() throws Exception {
    Files.writeString(folder.resolve("vocab.txt"), "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\n");
    write("tokenizer_config.json", "{\"word_tokenizer_type\": \"mecab\"}");

    assertRejected("tokenizer_config.json", "word_tokenizer_type");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "truncation_side; \"left\"",
        "padding_side; \"top\"",
        "split_special_tokens; true",
        "pad_token; 3",
        "pad_token; {\"content\": \"a\"}",
        "additional_special_tokens; \"a\"",
        "additional_special_tokens; [3]",
        "added_tokens_decoder; {\"x\": {\"content\": \"a\"}}",
        "added_tokens_decoder; {\"5\": {\"content\": 5}}",
      })
  void anInvalidOptionIsRejectedByName(String key, String value) throws Exception {
    Files.writeString(folder.resolve("vocab.txt"), "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\n");
    write("tokenizer_config.json", "{\"%s\": %s}".formatted(key, value));

    assertRejected("tokenizer_config.json", key);
  }

  @Test
  void aTemplateWithAnUndefinedTokenIsRejected() throws Exception {
    ObjectNode file = (ObjectNode) JSON.readTree(bert("tokenizer.json").toFile());
    ((ObjectNode) file.at("/post_processor/special_tokens")).remove("[SEP]");
    Files.write(folder.resolve("tokenizer.json"), JSON.writeValueAsBytes(file));

    assertRejected("tokenizer.json", "post_processor.single");
  }

  @Test
  void aMergeWithoutTheSubwordPrefixIsRejected() throws Exception {
    write(
        "tokenizer.json",
        "{\"added_tokens\": [], \"model\": {\"type\": \"BPE\", \"vocab\": {\"a\": 0, \"b\": 1,"
            + " \"ab\": 2}, \"continuing_subword_prefix\": \"##\", \"merges\": [\"a b\"]}}");

    assertRejected("tokenizer.json", "model.merges");
  }

  @Test
  void charsmapOfANormalizerIsApplied() throws Exception {
    writeCharsmap(0, 256 << 10, "a\0");

    try (TextEncoder encoder = new TextEncoder(TokenizerFolder.open(folder), 16)) {
      assertThat(encoder.encodings(List.of("AbA"), null)[0].getIds()).containsExactly(1, 2, 1);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0x100000, a", // a root outside the trie
    "0x141, 0x4010141, a", // a node outside the trie
    "0x100, 0x80000002, a", // a replacement outside the text
    "0x100, 0x80000001, \u00e9", // within a character
    "0x100, 0x80000000, ''", // no replacements
    "0x100, 0x80000000, aaaaaaaaaaaaa", // much longer than what it replaces
    "-1, 0x401, a", // not whole units
    "-1, 0x404, a", // more units than there are
    "-1, 0xFFFFFFFC, a",
    "-1, 0, a"
  })
  void damagedCharsmapIsRejected(String unit, String value, String text) throws Exception {
    writeCharsmap(Integer.decode(unit), Long.decode(value).intValue(), text);

    assertRejected("tokenizer.json", "normalizer.normalizers.0.precompiled_charsmap");
  }

  /** A charsmap that maps A to the text, with one changed unit; -1 is the size of the trie. */
  private void writeCharsmap(int unit, int value, String text) throws IOException {
    byte[] replacements = text.getBytes(StandardCharsets.UTF_8);
    ByteBuffer map =
        ByteBuffer.allocate(4 + 4 * 512 + replacements.length).order(ByteOrder.LITTLE_ENDIAN);
    map.putInt(4 * 512).putInt(4, 256 << 10);
    map.putInt(4 + 4 * 0x141, 0x41 << 10 | 1 << 8 | 0x41).putInt(4 + 4 * 256, 1 << 31);
    map.putInt(4 + 4 * unit, value);
    map.put(4 + 4 * 512, replacements);
    write(
        "tokenizer.json",
        "{\"added_tokens\": [], \"normalizer\": {\"type\": \"Sequence\", \"normalizers\": ["
            + "{\"type\": \"Precompiled\", \"precompiled_charsmap\": \""
            + Base64.getEncoder().encodeToString(map.array())
            + "\"}]}, \"model\": {\"type\": \"Unigram\", \"unk_id\": 0, \"vocab\":"
            + " [[\"<unk>\", 0], [\"a\", -1], [\"b\", -2]]}}");
    write("tokenizer_config.json", "{\"tokenizer_class\": \"PreTrainedTokenizerFast\"}");
  }

  private void assertRejected(String file, String detail) {
    assertThatThrownBy(() -> TokenizerFolder.open(folder))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining(folder.resolve(file).toString())
        .hasMessageContaining(detail);
  }

  private void writeBytePairs() throws IOException {
    write("vocab.json", "{\"a\":0,\"b\":1,\"ab\":2,\"c\":3,\"d\":4,\"<|endoftext|>\":5}");
    write("merges.txt", "#version: 0.2\na b\n");
  }

  private void write(String file, String content) throws IOException {
    Files.writeString(folder.resolve(file), content);
  }

  @Test
  void aFolderWithoutATokenizerIsRejected() throws Exception {
    Files.writeString(folder.resolve("vocab.json"), "{}");

    assertThat(TokenizerFolder.isIn(folder)).isFalse();
    assertThatThrownBy(() -> TokenizerFolder.open(folder).json())
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining(folder.toString())
        .hasMessageContaining("tokenizer.json, vocab.txt, or vocab.json with merges.txt")
        .hasMessageContaining("contains: vocab.json");
  }

  private void writeWordPieces(JsonNode original) throws IOException {
    String[] tokens = new String[original.at("/model/vocab").size()];
    original
        .at("/model/vocab")
        .properties()
        .forEach(entry -> tokens[entry.getValue().asInt()] = entry.getKey());
    Files.writeString(folder.resolve("vocab.txt"), String.join("\n", tokens) + "\n");
  }

  private static void assertGolden(byte[] json, Path golden, int count) throws IOException {
    JsonNode texts = JSON.readTree(Files.readAllBytes(golden)).path("texts");
    assertThat(texts).hasSizeGreaterThanOrEqualTo(count);
    try (HuggingFaceTokenizer tokenizer = load(json, Map.of("padding", "false"))) {
      for (JsonNode text : texts) {
        assertWindow(tokenizer.encode(text.path("text").asText()), text);
      }
    }
  }

  private static void assertWindow(Encoding encoding, JsonNode expected) {
    assertThat(encoding.getIds()).isEqualTo(longs(expected.path("input_ids")));
    assertThat(encoding.getTypeIds()).isEqualTo(longs(expected.path("token_type_ids")));
    JsonNode offsets = expected.path("offsets");
    assertThat(encoding.getCharTokenSpans()).hasSize(offsets.size());
    for (int i = 0; i < offsets.size(); i++) {
      CharSpan span = encoding.getCharTokenSpans()[i];
      assertThat(span == null).isEqualTo(offsets.get(i).isNull());
      if (span != null) {
        assertThat(List.of(span.getStart(), span.getEnd()))
            .containsExactly(offsets.get(i).get(0).asInt(), offsets.get(i).get(1).asInt());
      }
    }
  }

  private static long[] longs(JsonNode numbers) {
    return StreamSupport.stream(numbers.spliterator(), false).mapToLong(JsonNode::asLong).toArray();
  }

  private static HuggingFaceTokenizer load(byte[] json, Map<String, String> options)
      throws IOException {
    return HuggingFaceTokenizer.newInstance(new ByteArrayInputStream(json), options);
  }

  private static Path bert(String name) throws URISyntaxException {
    return Path.of(TokenizerFolderTest.class.getResource("bert/" + name).toURI());
  }
}
