package dev.counterpoint.tasks.textclassification;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.data.DataSpec;
import dev.counterpoint.core.data.HostTensor;
import dev.counterpoint.core.data.source.DataSplits;
import dev.counterpoint.core.metric.Metric;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.core.settings.RecordCopy;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Texts with any number of labels each. */
class SeveralLabelsTest {
  @TempDir private Path folder;
  private TextTables tables;

  @BeforeEach
  void writeTables() throws IOException {
    tables = new TextTables(folder);
    tables.write(
        "train.tsv",
        "text\tlabel\ngood film\tjoy, love\nbad film\tanger\nfilm\t\nfine\tlove,joy,joy\n");
    tables.write("dev.tsv", "text\tlabel\nbad\tanger,love\nfine\t\n");
  }

  private static TextClassification data(String train, String separator) {
    return TextTables.data(
        TextTables.split(train),
        TextTables.split("dev.tsv"),
        null,
        null,
        null,
        null,
        separator,
        null,
        null);
  }

  @Test
  void labelsAreOnesAndZeros() throws IOException {
    try (DataSplits splits = tables.open(data("train.tsv", ","))) {
      HostTensor train =
          splits.splits().get("train").collate(new long[] {0, 1, 2, 3}).tensors().get(Batch.LABELS);
      HostTensor dev =
          splits.splits().get("validation").collate(new long[] {0, 1}).tensors().get(Batch.LABELS);

      assertThat(splits.spec().labels()).containsExactly("anger", "joy", "love");
      assertThat(splits.spec().target()).isEqualTo(DataSpec.Target.CLASSES);
      assertThat(train.floats()).containsExactly(0, 1, 1, 1, 0, 0, 0, 0, 0, 0, 1, 1);
      assertThat(dev.floats()).containsExactly(1, 0, 1, 0, 0, 0);
      assertThat(dev.shape().getShape()).containsExactly(2, 3);
    }
  }

  @Test
  void theMetricsAreThoseOfSets() throws IOException {
    try (DataSplits splits = tables.open(data("train.tsv", ","))) {
      Metric metric = splits.metrics().get(0).get();

      assertThat(metric.values(metric.sums()))
          .containsOnlyKeys("accuracy", "f1Micro", "f1", "f1.anger", "f1.joy", "f1.love");
    }
  }

  @Test
  void aCacheIsReadAgain() throws IOException {
    try (DataSplits first = tables.open(data("train.tsv", ","));
        DataSplits second = tables.open(data("train.tsv", ","))) {
      assertThat(second.fingerprint()).isEqualTo(first.fingerprint());
      assertThat(second.splits().get("train").collate(new long[] {3}).tensors().get(Batch.LABELS))
          .extracting(HostTensor::floats)
          .isEqualTo(new float[] {0, 1, 1});
    }
  }

  @Test
  void theSeparatorIsPartOfTheFingerprint() throws IOException {
    tables.write("train.tsv", "text\tlabel\ngood\ta\nbad\tb\n");
    tables.write("dev.tsv", "text\tlabel\ngood\ta\n");
    try (DataSplits one = tables.open(data("train.tsv", null));
        DataSplits several = tables.open(data("train.tsv", ","))) {
      assertThat(several.fingerprint()).isNotEqualTo(one.fingerprint());
      assertThat(one.spec().target()).isEqualTo(DataSpec.Target.CLASS);
    }
  }

  @Test
  void anUnknownLabelIsRejectedWithItsLine() throws IOException {
    tables.write("dev.tsv", "text\tlabel\nfine\tjoy\nbad\tjoy,fear\n");

    assertThatThrownBy(() -> tables.open(data("train.tsv", ",")))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("dev.tsv line 3")
        .hasMessageContaining("\"fear\"");
  }

  @Test
  void anEmptySeparatorIsRejected() {
    assertThatThrownBy(() -> data("train.tsv", ""))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("labelSeparator");
  }

  @Test
  void thresholdsAreThoseOfTheSettings() throws IOException {
    TextClassification settings =
        RecordCopy.with(
            data("train.tsv", ","), Map.of("threshold", "0.4", "thresholds", Map.of("joy", 0.3)));
    try (DataSplits splits = tables.open(settings)) {
      assertThat(splits.spec().thresholds()).containsExactly(0.4, 0.3, 0.4);
    }
  }

  @Test
  void aThresholdOfAnUnknownLabelIsRejectedWithTheLabels() {
    TextClassification settings =
        RecordCopy.with(data("train.tsv", ","), "thresholds", Map.of("fear", 0.3));

    assertThatThrownBy(() -> tables.open(settings).close())
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContainingAll("thresholds", "\"fear\"", "anger, joy, love");
  }

  @ParameterizedTest
  @ValueSource(strings = {"1.5", "-0.1", "tuned", "NaN", "0x1", ""})
  void anotherThresholdThanAProbabilityIsRejected(String threshold) {
    assertThatThrownBy(() -> RecordCopy.with(data("train.tsv", ","), "threshold", threshold))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContainingAll("threshold", threshold, "tune");
  }

  @Test
  void aThresholdNeedsSeveralLabels() {
    assertThatThrownBy(() -> RecordCopy.with(data("train.tsv", null), "threshold", "0.3"))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("labelSeparator");
  }

  @Test
  void tuningNeedsAValidationSplit() {
    assertThatThrownBy(
            () -> TextTables.train("train.tsv", Map.of("threshold", "tune", "labelSeparator", ",")))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("validation");
  }
}
