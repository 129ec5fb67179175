package dev.counterpoint.tasks.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.counterpoint.core.settings.InvalidSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tokenizers give the ids that were recorded with Transformers; see {@code peer/README.md}. */
class TokenizerGoldenTest {
  @TempDir Path folder;

  @Test
  void idsEqualTransformers() throws IOException {
    PeerTokenizers golden = PeerTokenizers.golden(folder);
    JsonNode expected = new ObjectMapper().readTree(folder.resolve("expected.json").toFile());

    assertThat(golden.texts()).hasSizeGreaterThanOrEqualTo(300);
    assertThat(golden.names()).hasSizeGreaterThanOrEqualTo(38);
    for (String name : golden.names()) {
      assertThat(golden.assertSameIdsOrRejected(name, expected.path(name)))
          .as(name)
          .isEqualTo(!name.startsWith("refused"));
    }
  }

  @Test
  void aSavedTokenizerIsReadBackUnchanged() throws IOException {
    PeerTokenizers golden = PeerTokenizers.golden(folder);
    for (String name : golden.names()) {
      if (!name.startsWith("refused")) {
        Tokenizer tokenizer = TokenizerFolder.open(folder.resolve(name));
        Path saved = Files.createDirectories(folder.resolve("saved").resolve(name));
        tokenizer.save(saved);

        Tokenizer read = TokenizerFolder.open(saved);

        assertThat(read.json()).as(name).isEqualTo(tokenizer.json());
        assertThat(read.special()).as(name).isEqualTo(tokenizer.special());
        assertThat(read.vocabularySize()).as(name).isEqualTo(tokenizer.vocabularySize());
      }
    }
  }

  @Test
  void changedFilesGiveATokenizerOrAMessageWithTheFile() throws IOException {
    PeerTokenizers golden = PeerTokenizers.golden(folder);
    TokenizerMutations mutations = new TokenizerMutations(17);
    List<String> names =
        golden.names().stream().filter(name -> !name.startsWith("refused")).toList();
    List<String> texts = golden.texts().subList(0, 20);
    for (int i = 0; i < 2_000; i++) {
      String name = names.get(i % names.size());
      Map<String, byte[]> changed = mutations.mutate(golden.files(name));
      assertThatCode(() -> encode(changed, texts))
          .satisfiesAnyOf(
              none -> assertThat(none).isNull(),
              e -> assertThat(e).isInstanceOf(InvalidSettings.class).hasMessageContaining("DIR"));
    }
  }

  private static void encode(Map<String, byte[]> files, List<String> texts) throws IOException {
    try (TextEncoder encoder =
        new TextEncoder(new TokenizerFiles("DIR", false, files).tokenizer(), 1_000)) {
      encoder.encoded(texts).batch();
    }
  }
}
