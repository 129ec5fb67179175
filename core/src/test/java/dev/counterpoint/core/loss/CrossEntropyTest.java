package dev.counterpoint.core.loss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.counterpoint.core.data.HostTensor;
import dev.counterpoint.core.settings.InvalidSettings;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CrossEntropyTest {
  private static final int CLASSES = 3;
  private static final float[] LOGITS = {0.5f, -1, 2, 3, 3, -2, 0, 0.25f, -0.75f, 100, -100, 0};
  private static final long[] LABELS = {0, 1, 2, 0};

  @ParameterizedTest
  @ValueSource(doubles = {0, 0.1, 1})
  void valueAndGradientMatchTheFormula(double smoothing) {
    Measured measured = measure(smoothing, LOGITS, LABELS, 4, CLASSES);

    assertAsExpected(measured, expected(smoothing, LOGITS, LABELS));
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, 0.1})
  void anIgnoredLabelCountsNeitherInTheSumNorInTheWeight(double smoothing) {
    long[] labels = {0, CrossEntropy.IGNORED, 2, CrossEntropy.IGNORED};

    Measured measured = measure(smoothing, LOGITS, labels, 4, CLASSES);

    assertThat(measured.weight()).isEqualTo(2);
    assertAsExpected(measured, expected(smoothing, LOGITS, labels));
  }

  @Test
  void ifAllLabelsAreIgnoredLossAndWeightAreZero() {
    long[] labels = new long[4];
    Arrays.fill(labels, CrossEntropy.IGNORED);

    Measured measured = measure(0, LOGITS, labels, 4, CLASSES);

    assertThat(measured.sum()).isZero();
    assertThat(measured.weight()).isZero();
    assertThat(measured.gradient()).containsOnly(0);
  }

  @Test
  void eachTokenHasItsLabel() {
    HostTensor labels = HostTensor.of(LABELS, 2, 2);

    Measured tokens = Measured.of(CrossEntropy.defaults(), LOGITS, labels, 2, 2, CLASSES);

    Measured items = measure(0, LOGITS, LABELS, 4, CLASSES);
    assertThat(tokens.sum()).isEqualTo(items.sum());
    assertThat(tokens.weight()).isEqualTo(4);
    assertThat(tokens.gradient()).isEqualTo(items.gradient());
  }

  @Test
  void twoHalvesAddUpToTheWholeBatch() {
    Measured whole = measure(0.1, LOGITS, LABELS, 4, CLASSES);
    Measured first = measure(0.1, Arrays.copyOf(LOGITS, 6), Arrays.copyOf(LABELS, 2), 2, CLASSES);
    Measured second =
        measure(
            0.1, Arrays.copyOfRange(LOGITS, 6, 12), Arrays.copyOfRange(LABELS, 2, 4), 2, CLASSES);

    assertThat(first.sum() + second.sum()).isCloseTo(whole.sum(), within(1e-5));
    assertThat(first.weight() + second.weight()).isEqualTo(whole.weight());
    assertThat(Arrays.copyOf(whole.gradient(), 6)).containsExactly(first.gradient(), within(1e-6f));
  }

  @ParameterizedTest
  @ValueSource(doubles = {-0.1, 1.1, Double.NaN})
  void anInvalidSmoothingIsRejected(double smoothing) {
    assertThatThrownBy(() -> new CrossEntropy(smoothing))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageStartingWith("labelSmoothing " + smoothing + " must be from 0 to 1");
  }

  @Test
  void labelsOfAnotherSizeAreRejected() {
    assertThatThrownBy(() -> measure(0, LOGITS, new long[] {0, 1, 2}, 4, CLASSES))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll("int64 (3)", "float32 (4, 3)", "each row");
  }

  @Test
  void labelsForEachElementAreRejectedWithTheLossesThatFit() {
    assertThatThrownBy(
            () ->
                Measured.of(
                    CrossEntropy.defaults(),
                    LOGITS,
                    HostTensor.of(new long[4 * CLASSES], 4, CLASSES),
                    4,
                    CLASSES))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContainingAll(
            "cross-entropy", "int64 (4, 3)", "float32 (4, 3)", "binary-cross-entropy");
  }

  @Test
  void floatingPointLabelsAreRejected() {
    assertThatThrownBy(
            () ->
                Measured.of(
                    CrossEntropy.defaults(),
                    new float[] {1, 2, 3, 4},
                    HostTensor.of(new float[4], 4),
                    4,
                    1))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContainingAll(
            "cross-entropy", "float32 (4)", "float32 (4, 1)", "mean-squared-error");
  }

  private static Measured measure(double smoothing, float[] logits, long[] labels, long... shape) {
    return Measured.of(
        new CrossEntropy(smoothing), logits, HostTensor.of(labels, labels.length), shape);
  }

  @Test
  void aLabelThatIsNotAClassIsReported() {
    assertThatThrownBy(
            () -> measure(0, LOGITS, new long[] {0, CrossEntropy.IGNORED, 3, 0}, 4, CLASSES))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll("Label 3 ", "(4, 3)", "from 0 to 2");
  }

  private static void assertAsExpected(Measured measured, Measured expected) {
    assertThat(measured.sum()).isCloseTo(expected.sum(), within(1e-5 * expected.sum()));
    assertThat(measured.weight()).isEqualTo(expected.weight());
    assertThat(measured.gradient()).containsExactly(expected.gradient(), within(1e-6f));
  }

  /** -sum of q log softmax(x), where q is (1 - s) at the label and s / classes everywhere. */
  private static Measured expected(double smoothing, float[] logits, long[] labels) {
    double sum = 0;
    double weight = 0;
    float[] gradient = new float[logits.length];
    for (int row = 0; row < labels.length; row++) {
      if (labels[row] == CrossEntropy.IGNORED) {
        continue;
      }
      weight++;
      int at = row * CLASSES;
      double largest = Math.max(logits[at], Math.max(logits[at + 1], logits[at + 2]));
      double total = 0;
      for (int j = 0; j < CLASSES; j++) {
        total += Math.exp(logits[at + j] - largest);
      }
      for (int j = 0; j < CLASSES; j++) {
        double target = smoothing / CLASSES + (labels[row] == j ? 1 - smoothing : 0);
        double logProbability = logits[at + j] - largest - Math.log(total);
        sum -= target * logProbability;
        gradient[at + j] = (float) (Math.exp(logProbability) - target);
      }
    }
    return new Measured(sum, weight, gradient);
  }
}
