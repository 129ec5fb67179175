package dev.counterpoint.tasks.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.counterpoint.core.data.source.DataSplits;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;
import org.junit.jupiter.api.io.TempDir;

/**
 * Compares tokenizers with Transformers. Runs if {@code COUNTERPOINT_PYTHON} is set to a Python
 * with transformers.
 */
@EnabledIfEnvironmentVariable(
    named = "COUNTERPOINT_PYTHON",
    matches = ".+",
    disabledReason = "COUNTERPOINT_PYTHON is not set to a Python with transformers")
class TokenizerPeerTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int MUTATIONS = 2_000;

  @TempDir Path folder;
  private PeerTokenizers tokenizers;

  @BeforeEach
  void make() throws Exception {
    assumeTrue(python("-c", "import transformers") == 0, "the Python has no transformers");
    tokenizers = new PeerTokenizers(Files.createDirectory(folder.resolve("made")));
    assertThat(peer("make", tokenizers.folder())).isZero();
  }

  @Test
  void idsEqualAutoTokenizer() throws Exception {
    assumeVersion5();
    assertThat(assertSameIdsOrRejected(tokenizers)).isGreaterThanOrEqualTo(30);
  }

  @Test
  void autoTokenizerReadsTheSameIdsFromAModelFolder() throws Exception {
    Path models = Files.createDirectory(folder.resolve("models"));
    for (String name : tokenizers.names()) {
      if (!name.startsWith("refused")) {
        Path model = Files.createDirectory(models.resolve(name));
        Map<String, DataSplits.ModelFile> files =
            TokenizerFolder.open(tokenizers.folder().resolve(name)).files(512);
        for (Map.Entry<String, DataSplits.ModelFile> file : files.entrySet()) {
          file.getValue().writeTo(model.resolve(file.getKey()));
        }
      }
    }
    Files.copy(tokenizers.folder().resolve("texts.json"), models.resolve("texts.json"));
    PeerTokenizers exported = new PeerTokenizers(models);

    assertThat(assertSameIdsOrRejected(exported)).isEqualTo(exported.names().size());
    for (String name : exported.names()) {
      assertThat(exported.expected(name).path("max").asInt()).as(name).isEqualTo(512);
      assertThat(exported.expected(name).path("inputs").toString())
          .isEqualTo("[\"input_ids\",\"attention_mask\"]");
    }
  }

  @Test
  void changedFilesGiveTheIdsOfAutoTokenizerOrAreRejected() throws Exception {
    assumeVersion5();
    TokenizerMutations mutations = new TokenizerMutations(17);
    List<String> names =
        tokenizers.names().stream().filter(name -> !name.startsWith("refused")).toList();
    Path mutated = Files.createDirectory(folder.resolve("mutated"));
    for (int i = 0; i < MUTATIONS; i++) {
      String name = names.get(i % names.size());
      Path changed =
          Files.createDirectory(mutated.resolve(String.format(Locale.ROOT, "%04d-%s", i, name)));
      for (Map.Entry<String, byte[]> file : mutations.mutate(tokenizers.files(name)).entrySet()) {
        Files.write(changed.resolve(file.getKey()), file.getValue());
      }
    }
    JSON.writeValue(mutated.resolve("texts.json").toFile(), tokenizers.texts().subList(0, 110));

    assertThat(assertSameIdsOrRejected(new PeerTokenizers(mutated))).isGreaterThan(MUTATIONS / 5);
  }

  /** Folders are read as version 5 reads them; version 4 knows other keys and defaults. */
  private static void assumeVersion5() throws Exception {
    String check = "import transformers; assert int(transformers.__version__.split('.')[0]) >= 5";
    assumeTrue(python("-c", check) == 0, "the Python has transformers 4");
  }

  /** Returns the number of tokenizers that are not rejected. */
  private static int assertSameIdsOrRejected(PeerTokenizers tokenizers) throws Exception {
    assertThat(peer("encode", tokenizers.folder())).isZero();
    JsonNode expected = JSON.readTree(tokenizers.folder().resolve("expected.json").toFile());
    int accepted = 0;
    for (String name : tokenizers.names()) {
      accepted += tokenizers.assertSameIdsOrRejected(name, expected.path(name)) ? 1 : 0;
    }
    return accepted;
  }

  private static int peer(String command, Path folder)
      throws IOException, InterruptedException, URISyntaxException {
    Path script = Path.of(TokenizerPeerTest.class.getResource("peer/peer.py").toURI());
    return python(script.toString(), command, folder.toString());
  }

  private static int python(String... arguments) throws IOException, InterruptedException {
    ProcessBuilder process = new ProcessBuilder(System.getenv("COUNTERPOINT_PYTHON"));
    process.command().addAll(List.of(arguments));
    return process
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .redirectError(ProcessBuilder.Redirect.DISCARD)
        .start()
        .waitFor();
  }
}
