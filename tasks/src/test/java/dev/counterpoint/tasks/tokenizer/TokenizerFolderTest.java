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
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

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
