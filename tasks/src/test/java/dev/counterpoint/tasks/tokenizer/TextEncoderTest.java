package dev.counterpoint.tasks.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.data.HostBatch;
import dev.counterpoint.core.settings.InvalidSettings;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TextEncoderTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path folder;

  @Test
  void bertIdsEqualTheReference() throws Exception {
    assertGolden(bert("tokenizer.json"), bert("golden-rust.json"));
  }

  @Test
  void gpt2IdsEqualTheReferenceDespiteTruncationInTheFile() throws Exception {
    assertGolden(
        SharedFiles.find("tokenizers/gpt2/tokenizer.json"),
        SharedFiles.find("tokenizers/gpt2/golden-rust.json"));
  }

  @Test
  void gpt2PadsWithTheEndOfTextToken() throws Exception {
    Path gpt2 = SharedFiles.find("tokenizers/gpt2/tokenizer.json");
    Tokenizer tokenizer = TokenizerFolder.open(gpt2);
    assertThat(tokenizer.vocabularySize()).isEqualTo(50_257);
    assertThat(tokenizer.special())
        .isEqualTo(new Tokenizer.Special(50_256, 50_256, 50_256, List.of(50_256)));
  }

  @Test
  void bertPadsWithItsPaddingToken() throws Exception {
    Tokenizer tokenizer = TokenizerFolder.open(bert("tokenizer.json"));
    assertThat(tokenizer.vocabularySize()).isEqualTo(30_522);
    assertThat(tokenizer.special()).isEqualTo(new Tokenizer.Special(0, 100, 102, List.of(102)));
  }

  @Test
  void padsABatchToTheLongestText() throws Exception {
    try (TextEncoder encoder = new TextEncoder(TokenizerFolder.open(bert("tokenizer.json")), 64)) {
      HostBatch batch = encoder.encoded(List.of("hello", "hello , world !")).batch();
      assertThat(batch.tensors().get(Batch.IDS).longs())
          .containsExactly(101, 7592, 102, 0, 0, 0, 101, 7592, 1010, 2088, 999, 102);
      assertThat(batch.tensors().get(Batch.MASK).floats())
          .containsExactly(1, 1, 1, 0, 0, 0, 1, 1, 1, 1, 1, 1);
      assertThat(batch.tensors().get(Batch.IDS).shape().getShape()).containsExactly(2, 6);
      assertThat(batch.tokens()).isEqualTo(9);
    }
  }

  @Test
  void aTruncatedTextKeepsItsFinalSpecialToken() throws Exception {
    try (TextEncoder encoder = new TextEncoder(TokenizerFolder.open(bert("tokenizer.json")), 4)) {
      assertThat(ids(encoder, "hello , world !")).containsExactly(101, 7592, 1010, 102);
    }
  }

  @Test
  void ignoresTruncationAndPaddingOfTheFile() throws Exception {
    ObjectNode file = (ObjectNode) JSON.readTree(bert("tokenizer.json").toFile());
    file.putObject("truncation")
        .put("direction", "Right")
        .put("max_length", 3)
        .put("strategy", "LongestFirst")
        .put("stride", 1);
    file.putObject("padding")
        .put("direction", "Left")
        .put("pad_id", 7)
        .put("pad_type_id", 0)
        .put("pad_token", "[PAD]")
        .putNull("pad_to_multiple_of")
        .putObject("strategy")
        .put("Fixed", 20);
    Path changed = folder.resolve("tokenizer.json");
    Files.write(changed, JSON.writeValueAsBytes(file));
    try (TextEncoder encoder = new TextEncoder(TokenizerFolder.open(changed), 5)) {
      assertThat(ids(encoder, "hello")).containsExactly(101, 7592, 102);
      assertThat(ids(encoder, "hello , world !")).containsExactly(101, 7592, 1010, 2088, 102);
    }
  }

  @Test
  void aTextWithoutTokensIsOneUnknownToken() throws Exception {
    try (TextEncoder encoder = new TextEncoder(TokenizerFolder.open(buildTokenizer()), 10)) {
      HostBatch batch = encoder.encoded(List.of(" ", "a b")).batch();
      assertThat(batch.tensors().get(Batch.IDS).longs()).containsExactly(1, 0, 2, 3);
      assertThat(batch.tensors().get(Batch.MASK).floats()).containsExactly(1, 0, 1, 1);
    }
  }

  @Test
  void aMaxLengthWithoutRoomForTextIsRejected() {
    assertThatThrownBy(() -> new TextEncoder(TokenizerFolder.open(bert("tokenizer.json")), 2))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("maxLength 2")
        .hasMessageContaining("2 special tokens");
  }

  @Test
  void aFileThatIsNotATokenizerIsRejected() throws Exception {
    Path config = Files.writeString(folder.resolve("config.json"), "{\"hidden_size\": 64}");
    assertThatThrownBy(() -> new TextEncoder(TokenizerFolder.open(config), 10))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("config.json: model.vocab is missing");
    Path broken = Files.writeString(folder.resolve("broken.json"), "{\"model\"");
    assertThatThrownBy(() -> new TextEncoder(TokenizerFolder.open(broken), 10))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("broken.json is not JSON");
    Path incomplete =
        Files.writeString(folder.resolve("incomplete.json"), "{\"model\":{\"vocab\":{\"a\":0}}}");
    assertThatThrownBy(() -> new TextEncoder(TokenizerFolder.open(incomplete), 10))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("incomplete.json: added_tokens is missing");
  }

  @Test
  void encodingIsThreadSafe() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(8);
    try (TextEncoder encoder = new TextEncoder(TokenizerFolder.open(bert("tokenizer.json")), 64)) {
      List<Future<long[]>> concurrent =
          threads.invokeAll(Collections.nCopies(400, () -> ids(encoder, "unaffable embeddings")));
      long[] sequential = ids(encoder, "unaffable embeddings");
      for (Future<long[]> ids : concurrent) {
        assertThat(ids.get()).isEqualTo(sequential);
      }
    } finally {
      threads.shutdown();
    }
  }

  private Path buildTokenizer() throws IOException {
    VocabularyBuilder vocabulary =
        new VocabularyBuilder(
            new TokenizerSettings(TokenizerSettings.Type.WORD, null, 100, 1, true));
    vocabulary.add("a b a");
    return Files.write(folder.resolve("tokenizer.json"), vocabulary.toJson());
  }

  private static void assertGolden(Path tokenizer, Path golden) throws IOException {
    JsonNode texts = JSON.readTree(golden.toFile()).path("texts");
    assertThat(texts).hasSizeGreaterThan(20);
    try (TextEncoder encoder = new TextEncoder(TokenizerFolder.open(tokenizer), 512)) {
      for (JsonNode text : texts) {
        long[] expected =
            StreamSupport.stream(text.path("input_ids").spliterator(), false)
                .mapToLong(JsonNode::asLong)
                .toArray();
        if (expected.length > 0) {
          assertThat(ids(encoder, text.path("text").asText())).isEqualTo(expected);
        }
      }
    }
  }

  private static long[] ids(TextEncoder encoder, String text) {
    return encoder.encoded(List.of(text)).batch().tensors().get(Batch.IDS).longs();
  }

  private static Path bert(String name) throws URISyntaxException {
    return Path.of(TextEncoderTest.class.getResource("bert/" + name).toURI());
  }
}
