package dev.counterpoint.tasks.maskedlanguagemodel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.data.DataSpec;
import dev.counterpoint.core.data.Dataset;
import dev.counterpoint.core.data.HostBatch;
import dev.counterpoint.core.data.source.DataContext;
import dev.counterpoint.core.data.source.DataSplits;
import dev.counterpoint.core.data.source.FileSplit;
import dev.counterpoint.core.internal.storage.Json;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.tasks.tokenizer.TokenizerFolder;
import dev.counterpoint.tasks.tokenizer.TokenizerSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MaskedLanguageModelTest {
  private static final int WORDS = 200;
  private static final int MASK = 4;

  @TempDir Path folder;

  /** The rates of {@code DataCollatorForLanguageModeling}: 15 %, of which 80 %, 10 % and 10 %. */
  @Test
  void ratesAreThoseOfBert() throws IOException {
    Dataset train = open(text(60_000), 0.15, false).train();
    HostBatch plain = all(((MaskedText) train).text());
    HostBatch masked = all(train);
    long[] original = plain.tensors().get(Batch.IDS).longs();
    long[] ids = masked.tensors().get(Batch.IDS).longs();
    long[] labels = masked.tensors().get(Batch.LABELS).longs();

    double selected = 0;
    double mask = 0;
    double kept = 0;
    for (int i = 0; i < ids.length; i++) {
      if (labels[i] == -100) {
        assertThat(ids[i]).isEqualTo(original[i]);
      } else {
        assertThat(labels[i]).isEqualTo(original[i]);
        selected++;
        mask += ids[i] == MASK ? 1 : 0;
        kept += ids[i] == original[i] ? 1 : 0;
      }
    }
    // Five standard deviations of 54,000 tokens, and of the 8,000 selected ones.
    assertThat(selected / ids.length).isCloseTo(0.15, within(0.008));
    assertThat(mask / selected).isCloseTo(0.8, within(0.023));
    assertThat(kept / selected).isCloseTo(0.1 + 0.1 / WORDS, within(0.018));
    assertThat(masked.tokens()).isEqualTo((long) selected);
  }

  @Test
  void masksDependOnSeedEpochAndExampleOnly() throws IOException {
    MaskedText train = (MaskedText) open(text(5_000), 0.15, false).train();
    long[] together = labels(train.ofEpoch(3), 7, 2);

    assertThat(labels(train.ofEpoch(3), 2)).isEqualTo(Arrays.copyOfRange(together, 32, 64));
    assertThat(labels(train.ofEpoch(4), 7, 2)).isNotEqualTo(together);
    assertThat(labels(train, 7, 2)).isEqualTo(labels(train, 7, 2));
  }

  @Test
  void tokensOfTheOverlapAndSpecialTokensAreNotSelected() throws IOException {
    Path file = folder.resolve("a.jsonl");
    Files.writeString(file, "{\"text\": \"a b c d e\"}\n".repeat(20));
    DataSplits data = open(file, 0.999, false);
    HostBatch plain = all(((MaskedText) data.train()).text());
    long[] ids = plain.tensors().get(Batch.IDS).longs();
    long[] labels = all(data.train()).tensors().get(Batch.LABELS).longs();

    assertThat(data.spec().target()).isEqualTo(DataSpec.Target.MASKED_TOKEN);
    long special = 0;
    for (int i = 0; i < ids.length; i++) {
      if (ids[i] == 3) {
        assertThat(labels[i]).isEqualTo(-100);
        special++;
      }
    }
    assertThat(special).isGreaterThan(10);
    long shared =
        LongStream.of(plain.tensors().get(Batch.LABELS).longs()).filter(it -> it == -100).count();
    assertThat(shared).isPositive();
    assertThat(LongStream.of(labels).filter(it -> it == -100).count())
        .isGreaterThanOrEqualTo(shared);
  }

  @Test
  void wholeWordsAreSelected() throws IOException {
    ObjectNode tokenizer =
        Json.parse(
            new String(
                TokenizerFolder.build(
                        new TokenizerSettings(
                            TokenizerSettings.Type.WORD, null, 100, 1, true, true),
                        List.of("un un un able able ##able ##s"))
                    .json(),
                java.nio.charset.StandardCharsets.UTF_8),
            ObjectNode.class);
    ((ObjectNode) tokenizer.path("model")).removeAll();
    JsonNode model =
        Json.parse(
            "{\"type\": \"WordPiece\", \"unk_token\": \"[UNK]\", \"continuing_subword_prefix\": \"##\","
                + " \"max_input_chars_per_word\": 100, \"vocab\": {\"[PAD]\": 0, \"[UNK]\": 1,"
                + " \"[CLS]\": 2, \"[SEP]\": 3, \"[MASK]\": 4, \"un\": 5, \"##able\": 6, \"##s\": 7}}",
            JsonNode.class);
    tokenizer.set("model", model);
    Path json = folder.resolve("tokenizer.json");
    Files.writeString(json, tokenizer.toString());
    Path file = Files.writeString(folder.resolve("a.txt"), "unables ".repeat(400));

    DataSplits data =
        new MaskedLanguageModel(
                new FileSplit(file.toString()), null, 0, null, 0.3, true, settings(json), 32)
            .open(context());
    MaskedText train = (MaskedText) data.train();
    long[] ids = all(train.text()).tensors().get(Batch.IDS).longs();
    long[] labels = all(train).tensors().get(Batch.LABELS).longs();

    int overlap = ids.length - 32; // The last example begins with tokens of the one before it.
    for (int i = 1; i < overlap; i++) {
      if (i % 32 != 0 && ids[i] != 5) {
        assertThat(labels[i] == -100).as("token %s", i).isEqualTo(labels[i - 1] == -100);
      }
    }
    assertThat(labels).contains(5, 6, 7);
  }

  @Test
  void wholeWordsNeedTokensThatContinueWords() throws IOException {
    Path file = text(500);

    assertThatThrownBy(() -> open(file, 0.15, true))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("##");
  }

  @Test
  void aTokenizerWithoutMaskIsRejected() throws IOException {
    TokenizerSettings words =
        new TokenizerSettings(TokenizerSettings.Type.WORD, null, 100, 1, true, true);
    Path json = folder.resolve("tokenizer.json");
    Files.write(json, TokenizerFolder.build(words, List.of("a b")).json());
    Path file = text(500);

    assertThatThrownBy(
            () ->
                new MaskedLanguageModel(
                        new FileSplit(file.toString()),
                        null,
                        0,
                        null,
                        0.1,
                        false,
                        settings(json),
                        32)
                    .open(context()))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("[MASK]");
  }

  private static TokenizerSettings settings(Path json) {
    return new TokenizerSettings(
        TokenizerSettings.Type.WORD, json.toString(), 1_000, 1, true, true);
  }

  private static long[] labels(Dataset dataset, long... indices) {
    return dataset.collate(indices).tensors().get(Batch.LABELS).longs();
  }

  private static HostBatch all(Dataset dataset) {
    return dataset.collate(LongStream.range(0, dataset.size()).toArray());
  }

  private Path text(int words) throws IOException {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < words; i++) {
      text.append('w').append(i * 31 % WORDS).append(' ');
    }
    return Files.writeString(folder.resolve("text.txt"), text);
  }

  private DataContext context() {
    return new DataContext(folder.resolve("cache"), Path::of, 32, 17);
  }

  private DataSplits open(Path file, double probability, boolean wholeWord) throws IOException {
    TokenizerSettings words =
        new TokenizerSettings(TokenizerSettings.Type.WORD, null, 1_000, 1, true);
    return new MaskedLanguageModel(
            new FileSplit(file.toString()), null, 0.1, null, probability, wholeWord, words, null)
        .open(context());
  }
}
