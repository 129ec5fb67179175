package dev.counterpoint.tasks.textclassification;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.data.DataSpec;
import dev.counterpoint.core.data.HostBatch;
import dev.counterpoint.core.data.HostTensor;
import dev.counterpoint.core.data.source.DataSplits;
import dev.counterpoint.core.metric.Metric;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.tasks.tokenizer.TextEncoder;
import dev.counterpoint.tasks.tokenizer.TokenizerFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Pairs of texts, and numbers as labels. */
class TextPairsTest {
  private static final Map<String, ?> PAIRS = Map.of("text", "a", "text2", "b", "label", "same");
  private static final Map<String, ?> NUMBERS =
      Map.of("label", "score", "problem", TextClassification.Problem.REGRESSION);

  @TempDir private Path folder;
  private TextTables tables;

  @BeforeEach
  void writeTables() throws IOException {
    tables = new TextTables(folder);
    tables.write("pairs.csv", "a,b,same\ngood film,fine film,yes\nbad,good,no\n");
    tables.write("numbers.csv", "text,score,other\ngood,4,1\nbad,0,3\nfilm,2,5\n");
  }

  @Test
  void aPairIsSeparatedAndHasTokenTypes() throws IOException {
    try (DataSplits splits = tables.open(TextTables.train("pairs.csv", PAIRS))) {
      HostBatch batch = splits.splits().get("train").collate(new long[] {1, 0});
      // [CLS] bad [SEP] good [SEP], [CLS] good film [SEP] fine film [SEP]
      assertThat(longs(batch, Batch.TOKEN_TYPES))
          .containsExactly(0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 1, 1, 1);
      assertThat(longs(batch, Batch.IDS)).hasSize(14);
      assertThat(longs(batch, Batch.LABELS)).containsExactly(0, 1);
    }
  }

  @Test
  void predictionEncodesAPairAsTraining() throws IOException {
    try (DataSplits splits = tables.open(TextTables.train("pairs.csv", PAIRS))) {
      Path model = Files.createDirectory(folder.resolve("model"));
      splits.files().get("tokenizer.json").writeTo(model.resolve("tokenizer.json"));
      try (TextEncoder encoder = new TextEncoder(TokenizerFolder.open(model), 64)) {
        HostBatch expected = splits.splits().get("train").collate(new long[] {0});
        HostBatch batch = encoder.encoded(List.of("good film"), List.of("fine film")).batch();
        assertThat(longs(batch, Batch.IDS)).containsExactly(longs(expected, Batch.IDS));
        assertThat(longs(batch, Batch.TOKEN_TYPES))
            .containsExactly(longs(expected, Batch.TOKEN_TYPES));
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "pairs.csv,'a,b,same\nx,,yes\ny,z,no\n',2",
    "pairs.jsonl,'{\"a\":\"x\",\"b\":\"y\",\"same\":1}\n{\"a\":\"x\",\"same\":0}',2"
  })
  void aMissingSecondTextIsRejectedWithItsLine(String file, String content, int line)
      throws IOException {
    tables.write(file, content);
    assertRejected(file, PAIRS, file + " line " + line, "\"b\"");
  }

  @Test
  void anUnknownSecondColumnIsRejectedWithThosePresent() {
    assertRejected(
        "pairs.csv", Map.of("text", "a", "text2", "c", "label", "same"), "\"c\"", "a, b, same");
  }

  @Test
  void numbersAreStandardized() throws IOException {
    try (DataSplits splits = tables.open(TextTables.train("numbers.csv", NUMBERS))) {
      HostTensor labels =
          splits.splits().get("train").collate(new long[] {0, 1, 2}).tensors().get(Batch.LABELS);
      assertThat(splits.spec().target()).isEqualTo(DataSpec.Target.NUMBERS);
      assertThat(splits.spec().labels()).containsExactly("score");
      assertThat(Objects.requireNonNull(splits.spec().scale()).means()).containsExactly(2.0);
      assertThat(labels.shape().getShape()).containsExactly(3, 1);
      assertThat(labels.floats()[0]).isEqualTo((float) Math.sqrt(1.5), within(1e-6f));
      assertThat(labels.floats()[2]).isZero();
    }
  }

  @Test
  void severalNumbersHaveTheirColumns() throws IOException {
    Map<String, ?> settings =
        Map.of(
            "labelColumns",
            List.of("score", "other"),
            "problem",
            TextClassification.Problem.REGRESSION);
    try (DataSplits splits = tables.open(TextTables.train("numbers.csv", settings))) {
      HostTensor labels =
          splits.splits().get("train").collate(new long[] {2}).tensors().get(Batch.LABELS);
      assertThat(splits.spec().labels()).containsExactly("score", "other");
      assertThat(labels.floats()[0]).isZero();
      assertThat(labels.floats()[1]).isEqualTo((float) Math.sqrt(1.5), within(1e-6f));
    }
  }

  @Test
  void theMetricsOfNumbersAreCorrelations() throws IOException {
    try (DataSplits splits = tables.open(TextTables.train("numbers.csv", NUMBERS))) {
      assertThat(splits.metrics().stream().map(it -> name(it.get())))
          .containsExactly("pearson", "spearman", "r2");
    }
  }

  private static String name(Metric metric) {
    return metric.values(metric.sums()).keySet().iterator().next();
  }

  @ParameterizedTest
  @CsvSource({"many", "NaN", "inf", "''", "0x1", "1e99"})
  void aTargetThatIsNotANumberIsRejectedWithLineAndValue(String value) throws IOException {
    tables.write("numbers.csv", "text,score\ngood,4\nbad,%s\n".formatted(value));
    assertRejected("numbers.csv", NUMBERS, "numbers.csv line 3", "\"" + value + "\"", "\"score\"");
  }

  @Test
  void aConstantTargetIsRejected() throws IOException {
    tables.write("numbers.csv", "text,score\ngood,4\nbad,4.0\n");
    assertRejected("numbers.csv", NUMBERS, "\"score\"", "4.0");
  }

  @Test
  void aTargetBeyondFloat32IsRejected() throws IOException {
    tables.write("numbers.csv", "text,score\ngood,1e12\nbad,1000000000001\n");
    assertRejected("numbers.csv", NUMBERS, "\"score\"", "float32");
  }

  private void assertRejected(String file, Map<String, ?> settings, String... facts) {
    assertThatThrownBy(() -> tables.open(TextTables.train(file, settings)).close())
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContainingAll(facts);
  }

  private static long[] longs(HostBatch batch, String name) {
    return Objects.requireNonNull(batch.tensors().get(name)).longs();
  }
}
