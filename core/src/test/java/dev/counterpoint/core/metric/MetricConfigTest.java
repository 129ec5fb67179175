package dev.counterpoint.core.metric;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.counterpoint.core.data.DataSpec;
import dev.counterpoint.core.data.HostTensor;
import dev.counterpoint.core.data.source.DataSplits;
import dev.counterpoint.core.settings.InvalidSettings;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class MetricConfigTest {
  private static final DataSpec TWO = DataSpec.ofFeatures(1, List.of("no", "yes"));
  private static final DataSpec NUMBERS = DataSpec.ofFeatures(1, List.of());
  private static final List<Supplier<Metric>> OF_TASK =
      List.of(() -> new Classification(TWO.labels()));

  private static List<String> namesWith(MetricConfig... metrics) {
    DataSplits data = DataSplits.of(TWO, Map.of(), OF_TASK, "").withMetrics(List.of(metrics));
    return data.metrics().stream()
        .map(Supplier::get)
        .flatMap(metric -> metric.values(metric.sums()).keySet().stream())
        .toList();
  }

  @Test
  void metricsReplaceThoseOfTheTask() {
    assertThat(namesWith(new ClassificationMetrics.Mcc())).containsExactly("mcc");
    assertThat(namesWith()).isEmpty();
  }

  @Test
  void taskStandsForTheMetricsOfTheData() {
    assertThat(namesWith(new TaskMetrics(), new ClassificationMetrics.Mcc()))
        .containsExactly("accuracy", "f1", "f1.no", "f1.yes", "mcc");
  }

  @Test
  void averagesHaveTheirOwnNames() {
    assertThat(
            namesWith(
                new ClassificationMetrics.Precision(Average.MICRO),
                new ClassificationMetrics.Precision(Average.PER_CLASS),
                new ClassificationMetrics.FBeta(0.5, Average.WEIGHTED)))
        .containsExactly(
            "precisionMicro", "precision", "precision.no", "precision.yes", "f0_5Weighted");
  }

  @Test
  void aNameOfTwoMetricsIsRejected() {
    assertThatThrownBy(() -> namesWith(new TaskMetrics(), ClassificationMetrics.F1.defaults()))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("\"f1\"");
  }

  @Test
  void metricsOfClassesNeedClasses() {
    assertThatThrownBy(() -> new ClassificationMetrics.Accuracy().create(NUMBERS))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("accuracy");
  }

  @Test
  void tokensAreTheClassesOfDataThatPredictsTheNextToken() {
    DataSpec tokens = DataSpec.ofText(3, 0, List.of()).predicting(DataSpec.Target.NEXT_TOKEN);
    Metric accuracy = new ClassificationMetrics.Accuracy().create(tokens);
    HostTensor labels = HostTensor.of(new long[] {0, 1, -100, 2}, 2, 2);
    Scored.add(accuracy, Scored.logits(0, 1, 0, 0), labels, 2, 2, 3);

    assertThat(accuracy.values(accuracy.sums())).containsEntry("accuracy", 2 / 3.0);
  }

  @Test
  void confusionMatrixIsAccumulatedOnlyIfConfigured() {
    DataSpec many =
        DataSpec.ofFeatures(1, IntStream.range(0, 2000).mapToObj(Integer::toString).toList());

    assertThat(new ClassificationMetrics.Accuracy().create(many).sums()).hasSize(3 * 2000);
    assertThat(new ClassificationMetrics.Confusion().create(many).sums()).hasSize(2003 * 2000);
    assertThat(new ClassificationMetrics.Accuracy().create(TWO).confusion(new double[6])).isEmpty();
  }

  @Test
  void confusionMatrixOfTooManyClassesIsRejected() {
    DataSpec many =
        DataSpec.ofFeatures(1, IntStream.range(0, 10_001).mapToObj(Integer::toString).toList());

    assertThatThrownBy(() -> new ClassificationMetrics.Confusion().create(many))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("10001");
  }

  @Test
  void withoutExamplesEveryValueIsNaN() {
    List<MetricConfig> all =
        List.of(
            new ClassificationMetrics.Accuracy(),
            new ClassificationMetrics.BalancedAccuracy(),
            new ClassificationMetrics.Mcc(),
            new ClassificationMetrics.CohenKappa(),
            ClassificationMetrics.Precision.defaults(),
            new ClassificationMetrics.Recall(Average.MICRO),
            new ClassificationMetrics.F1(Average.WEIGHTED),
            new RegressionMetrics.Mae(),
            new RegressionMetrics.R2(),
            new RegressionMetrics.Pearson());

    assertThat(all)
        .map(config -> config.create(TWO))
        .allSatisfy(
            metric -> assertThat(metric.values(metric.sums()).values()).containsOnly(Double.NaN));
  }

  @Test
  void aFlatOutputIsOneTarget() {
    Metric metric = new RegressionMetrics.Rmse().create(NUMBERS);
    Scored.add(metric, new float[] {1, 2}, HostTensor.of(new long[] {1, 4}, 2), 2, 1);
    Scored.add(metric, new float[] {1, 2}, HostTensor.of(new float[] {1, 4}, 2), 2);

    assertThat(metric.values(metric.sums())).containsEntry("rmse", Math.sqrt(2));
  }

  @Test
  void regressionNeedsALabelForEachOutput() {
    Metric metric = new RegressionMetrics.Mse().create(NUMBERS);
    HostTensor labels = HostTensor.of(new float[] {1, 4}, 2);

    assertThatThrownBy(() -> Scored.add(metric, new float[4], labels, 2, 2))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("(2, 2)");
  }

  @Test
  void aLargeOffsetDoesNotCancel() {
    double[] targets = IntStream.range(0, 1000).mapToDouble(i -> 1e9 + i % 2).toArray();
    Moments moments = new Moments();
    Arrays.stream(targets).forEach(it -> moments.add(it + 0.25, it));

    assertThat(moments.r2()).isCloseTo(1 - 0.0625 / 0.25, within(1e-6));
    assertThat(moments.pearson()).isCloseTo(1, within(1e-6));
  }
}
