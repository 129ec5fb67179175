package dev.counterpoint.core.metric;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.counterpoint.core.data.DataSpec;
import dev.counterpoint.core.data.HostTensor;
import dev.counterpoint.core.settings.RecordCopy;
import java.util.List;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Values are those of precision_recall_curve in scikit-learn 1.7; the third label has none. */
class F1ThresholdsTest {
  private static final Offset<Double> ROUNDING = within(1e-12);
  private static final float[] LOGITS = {
    1.79f, 0.44f, 0.1f, -1.86f, -0.28f, -0.35f, -0.08f, -0.63f, -0.04f, -0.48f, -1.31f, 0.88f,
    0.88f, 1.71f, 0.05f, -0.4f, -0.55f, -1.55f, 0.98f, -1.1f, -1.19f, -0.21f, 1.49f, 0.24f,
    -1.02f, -0.71f, 0.63f, -0.16f, -0.77f, -0.23f, 0.75f, 1.98f, -1.24f, -0.63f, -0.8f, -2.42f
  };
  private static final float[] LABELS = {
    1, 1, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1, 1, 0, 1, 0, 0, 0, 0,
    0, 1, 1, 0
  };

  private final MultiLabelClassification.F1Thresholds scores =
      new MultiLabelClassification.F1Thresholds(3);

  @BeforeEach
  void addRows() {
    Scored.add(scores, LOGITS, HostTensor.of(LABELS, 12, 3), 12, 3);
  }

  @Test
  void eachLabelHasTheThresholdWithTheLargestF1() {
    List<Double> thresholds = scores.thresholds();

    assertThat(thresholds.get(0)).isEqualTo(0.19986522726670786, ROUNDING);
    assertThat(thresholds.get(1)).isEqualTo(0.27988270313001085, ROUNDING);
    assertThat(thresholds.get(2)).isEqualTo(0.5);
  }

  @Test
  void theValueIsTheMacroAverage() {
    double expected = (0.7058823529411764 + 0.5714285714285715) / 3;

    assertThat(scores.values(scores.sums()).get("f1")).isEqualTo(expected, ROUNDING);
  }

  @Test
  void metricsOfSetsUseTheThresholds() {
    DataSpec plain =
        DataSpec.ofFeatures(1, List.of("a", "b", "c")).predicting(DataSpec.Target.CLASSES);
    Metric metric =
        new MultiLabelClassification(RecordCopy.with(plain, "thresholds", scores.thresholds()));
    Scored.add(metric, LOGITS, HostTensor.of(LABELS, 12, 3), 12, 3);

    assertThat(metric.values(metric.sums()).get("f1.a")).isEqualTo(0.7058823529411764, ROUNDING);
    assertThat(metric.values(metric.sums()).get("f1.b")).isEqualTo(0.5714285714285715, ROUNDING);
  }
}
