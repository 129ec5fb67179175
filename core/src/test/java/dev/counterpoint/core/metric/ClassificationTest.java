package dev.counterpoint.core.metric;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.counterpoint.core.data.DataSpec;
import dev.counterpoint.core.data.HostTensor;
import dev.counterpoint.core.loss.CrossEntropy;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ClassificationTest {
  private static final List<String> LABELS = List.of("a", "b", "c");

  private final Classification metric = new Classification(LABELS);

  @Test
  void accuracyAndF1AreComputedFromTheConfusionMatrix() {
    // a: 2 correct, 1 predicted as b. b: 1 correct, 1 predicted as a. c: 1 predicted as b.
    add(metric, new long[] {0, 0, 0, 1, 1, 2}, 0, 0, 1, 1, 0, 1);

    Map<String, Double> values = metric.values(metric.sums());

    assertThat(values.keySet()).containsExactly("accuracy", "f1", "f1.a", "f1.b", "f1.c");
    assertThat(values.get("accuracy")).isEqualTo(3 / 6.0);
    assertThat(values.get("f1.a")).isCloseTo(4 / 6.0, within(1e-12)); // 2 tp 4, fp 1, fn 1
    assertThat(values.get("f1.b")).isCloseTo(2 / 5.0, within(1e-12)); // 2 tp 2, fp 2, fn 1
    assertThat(values.get("f1.c")).isZero();
    assertThat(values.get("f1")).isCloseTo((4 / 6.0 + 2 / 5.0) / 3, within(1e-12));
  }

  @Test
  void absentClassHasNoF1AndIsExcludedFromTheMean() {
    add(metric, new long[] {0, 0, 1}, 0, 1, 1);

    Map<String, Double> values = metric.values(metric.sums());

    assertThat(values.get("f1.c")).isNaN();
    assertThat(values.get("f1")).isCloseTo(2 / 3.0, within(1e-12));
  }

  @Test
  void classThatIsOnlyPredictedHasZeroF1() {
    add(metric, new long[] {0, 0}, 0, 2);

    Map<String, Double> values = metric.values(metric.sums());

    assertThat(values.get("f1.c")).isZero();
    assertThat(values.get("f1")).isCloseTo(2 / 3.0 / 2, within(1e-12));
  }

  @Test
  void ignoredLabelsDoNotCount() {
    add(metric, new long[] {0, CrossEntropy.IGNORED, 1}, 0, 2, 1);

    assertThat(metric.values(metric.sums()))
        .containsEntry("accuracy", 1.0)
        .containsEntry("f1", 1.0)
        .containsEntry("f1.c", Double.NaN);
  }

  @Test
  void logitsOfNaNAreAMistakeInAllMetrics() {
    float[] logits = {0, 0, 1, Float.NaN, 0, 0, Float.NaN, Float.NaN, Float.NaN};
    HostTensor labels = HostTensor.of(new long[] {2, 0, 0}, 3);
    Metric top = new ProbabilityMetrics.TopK(2).create(DataSpec.ofText(0, 0, LABELS));
    Scored.add(metric, logits, labels, 3, 3);
    Scored.add(top, logits, labels, 3, 3);

    assertThat(metric.values(metric.sums()))
        .containsEntry("accuracy", 1 / 3.0)
        .containsEntry("f1.a", 0.0)
        .containsEntry("f1.c", 1.0);
    assertThat(top.values(top.sums())).containsEntry("top2Accuracy", 1 / 3.0);
  }

  @Test
  void valuesWithoutExamplesAreNaN() {
    assertThat(metric.values(metric.sums()).values()).containsOnly(Double.NaN);
  }

  @Test
  void tokenLabelsAreCountedOneByOne() {
    HostTensor labels = HostTensor.of(new long[] {0, 1, CrossEntropy.IGNORED, 2}, 2, 2);
    Scored.add(metric, Scored.logits(0, 1, 0, 0), labels, 2, 2, 3);

    assertThat(metric.values(metric.sums()).get("accuracy")).isEqualTo(2 / 3.0);
  }

  @Test
  void sumsOfTwoHalvesEqualTheSumOfAll() {
    Classification first = new Classification(LABELS);
    Classification second = new Classification(LABELS);
    add(metric, new long[] {0, 0, 0, 1, 1, 2}, 0, 0, 1, 1, 0, 1);
    add(first, new long[] {0, 0}, 0, 0);
    add(second, new long[] {0, 1}, 1, 1);
    add(second, new long[] {1, 2}, 0, 1);

    double[] both = first.sums();
    for (int i = 0; i < both.length; i++) {
      both[i] += second.sums()[i];
    }

    assertThat(both).isEqualTo(metric.sums());
  }

  @Test
  void remarksListTheMostFrequentMisclassifications() {
    add(metric, new long[] {0, 0, 0, 1, 1, 2, 2, 2, 2}, 1, 1, 0, 1, 2, 0, 0, 0, 2);

    assertThat(metric.remarks(metric.sums()))
        .containsExactly("c predicted as a: 3", "a predicted as b: 2", "b predicted as c: 1");
  }

  @Test
  void memoryIsLinearInTheNumberOfLabels() {
    int classes = 47_000;
    Classification many =
        new Classification(IntStream.range(0, classes).mapToObj(i -> "l" + i).toList());
    float[] logits = new float[3 * classes];
    logits[1] = 1; // example 0: predicted 1
    logits[classes + 46_999] = 1; // example 1: predicted 46999
    logits[2 * classes + 5] = 1; // example 2: predicted 5
    Scored.add(many, logits, HostTensor.of(new long[] {1, 46_999, 6}, 3), 3, classes);

    Map<String, Double> values = many.values(many.sums());

    assertThat(many.sums()).hasSize(3 * classes);
    assertThat(values)
        .hasSize(2 + classes)
        .containsEntry("accuracy", 2 / 3.0)
        .containsEntry("f1", 0.5)
        .containsEntry("f1.l46999", 1.0)
        .containsEntry("f1.l6", 0.0);
    assertThat(many.confusion(many.sums())).isEmpty();
    assertThat(many.remarks(many.sums())).isEmpty();
  }

  @Test
  void higherIsBetterForEachValue() {
    assertThat(metric.mode("f1.a")).contains(Mode.MAX);
    assertThat(new Perplexity().mode("perplexity")).contains(Mode.MIN);
  }

  @Test
  void remarksAreLimitedToFive() {
    add(metric, new long[] {0, 0, 1, 1, 2, 2}, 1, 2, 0, 2, 0, 1);

    assertThat(metric.remarks(metric.sums())).hasSize(5);
  }

  @Test
  void logitsWithAnotherNumberOfClassesAreRejected() {
    Classification two = new Classification(List.of("a", "b"));

    assertThatThrownBy(() -> add(two, new long[] {0, 1}, 0, 2))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("(2, 3)")
        .hasMessageContaining("labels of shape (2)")
        .hasMessageContaining("2 classes")
        .hasMessageContaining("(2, 2)");
  }

  private static void add(Classification metric, long[] actual, int... predicted) {
    Scored.add(
        metric, Scored.logits(predicted), HostTensor.of(actual, actual.length), actual.length, 3);
  }
}
