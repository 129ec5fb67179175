package dev.counterpoint.core.loss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.counterpoint.core.data.HostTensor;
import dev.counterpoint.core.settings.InvalidSettings;
import java.util.Arrays;
import java.util.function.DoubleBinaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests elementwise losses. */
class ElementwiseLossTest {
  private static final float[] OUTPUT = {0, 0, 1.5f, -2, 12, -12, 0.25f, 0.75f};
  private static final float[] TARGET = {0, 1, 1, 0.25f, 0, 1, 0.75f, 0.75f};

  static Stream<Arguments> losses() {
    return Stream.of(
        loss(
            new BinaryCrossEntropy(),
            (x, t) -> (1 - t) * x + Math.log1p(Math.exp(-x)),
            (x, t) -> 1 / (1 + Math.exp(-x)) - t),
        loss(new MeanSquaredError(), (x, t) -> (x - t) * (x - t), (x, t) -> 2 * (x - t)),
        loss(Huber.defaults(), huber(1), (x, t) -> Math.max(-1, Math.min(1, x - t))),
        loss(new Huber(0.5), huber(0.5), (x, t) -> Math.max(-0.5, Math.min(0.5, x - t))),
        loss(new Huber(3), huber(3), (x, t) -> Math.max(-3, Math.min(3, x - t))));
  }

  private static Arguments loss(
      Loss loss, DoubleBinaryOperator value, DoubleBinaryOperator gradient) {
    return Arguments.of(Named.of(loss.toString(), loss), value, gradient);
  }

  private static DoubleBinaryOperator huber(double delta) {
    return (x, t) -> {
      double distance = Math.abs(x - t);
      return distance < delta ? distance * distance / 2 : delta * (distance - delta / 2);
    };
  }

  @ParameterizedTest
  @MethodSource("losses")
  void theSumMatchesTheFormula(
      Loss loss, DoubleBinaryOperator value, DoubleBinaryOperator gradient) {
    double expected = 0;
    for (int i = 0; i < OUTPUT.length; i++) {
      expected += value.applyAsDouble(OUTPUT[i], TARGET[i]);
    }

    Measured measured = measure(loss, OUTPUT, TARGET);

    assertThat(measured.sum()).isCloseTo(expected, within(1e-6 * expected));
    assertThat(measured.weight()).isEqualTo(OUTPUT.length);
  }

  @ParameterizedTest
  @MethodSource("losses")
  void theGradientMatchesTheFormula(
      Loss loss, DoubleBinaryOperator value, DoubleBinaryOperator gradient) {
    float[] expected = new float[OUTPUT.length];
    for (int i = 0; i < OUTPUT.length; i++) {
      expected[i] = (float) gradient.applyAsDouble(OUTPUT[i], TARGET[i]);
    }

    assertThat(measure(loss, OUTPUT, TARGET).gradient()).containsExactly(expected, within(1e-6f));
  }

  @ParameterizedTest
  @MethodSource("losses")
  void twoHalvesAddUpToTheWholeBatch(
      Loss loss, DoubleBinaryOperator value, DoubleBinaryOperator gradient) {
    Measured whole = measure(loss, OUTPUT, TARGET);
    Measured first = measure(loss, Arrays.copyOf(OUTPUT, 2), Arrays.copyOf(TARGET, 2));
    Measured second =
        measure(loss, Arrays.copyOfRange(OUTPUT, 2, 8), Arrays.copyOfRange(TARGET, 2, 8));

    assertThat(first.sum() + second.sum()).isCloseTo(whole.sum(), within(1e-5 * whole.sum()));
    assertThat(first.weight() + second.weight()).isEqualTo(whole.weight());
  }

  @ParameterizedTest
  @MethodSource("losses")
  void labelsOfAnotherSizeAreRejected(
      Loss loss, DoubleBinaryOperator value, DoubleBinaryOperator gradient) {
    assertThatThrownBy(
            () -> Measured.of(loss, OUTPUT, HostTensor.of(new float[] {0, 1, 2, 3}, 4, 1), 4, 2))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll("float32 (4, 1)", "float32 (4, 2)", "each element");
  }

  @ParameterizedTest
  @MethodSource("losses")
  void classIndicesForLogitsAreRejectedWithTheLossThatFits(
      Loss loss, DoubleBinaryOperator value, DoubleBinaryOperator gradient) {
    assertThatThrownBy(
            () -> Measured.of(loss, OUTPUT, HostTensor.of(new long[] {0, 1, 1, 0}, 4), 4, 2))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContainingAll("int64 (4)", "float32 (4, 2)", "cross-entropy");
  }

  @ParameterizedTest
  @MethodSource("losses")
  void aTransposedOutputIsRejected(
      Loss loss, DoubleBinaryOperator value, DoubleBinaryOperator gradient) {
    assertThatThrownBy(() -> Measured.of(loss, OUTPUT, HostTensor.of(TARGET, 4, 2), 2, 4))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContainingAll("float32 (4, 2)", "float32 (2, 4)");
  }

  @ParameterizedTest
  @MethodSource("losses")
  void targetsCanBeIntegersWithOneDimensionLess(
      Loss loss, DoubleBinaryOperator value, DoubleBinaryOperator gradient) {
    Measured integers =
        Measured.of(loss, new float[] {0.5f, -1}, HostTensor.of(new long[] {1, 0}, 2), 2, 1);
    Measured floats =
        Measured.of(loss, new float[] {0.5f, -1}, HostTensor.of(new float[] {1, 0}, 2, 1), 2, 1);

    assertThat(integers.sum()).isEqualTo(floats.sum());
  }

  @Test
  void largeLogitsDoNotOverflow() {
    Measured measured =
        measure(
            new BinaryCrossEntropy(),
            new float[] {1000, -1000, 1000, -1000},
            new float[] {1, 0, 0, 1});

    assertThat(measured.sum()).isEqualTo(2000);
    assertThat(measured.gradient()).containsExactly(0, 0, 1, -1);
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, -1, Double.NaN, Double.POSITIVE_INFINITY})
  void anInvalidDeltaIsRejected(double delta) {
    assertThatThrownBy(() -> new Huber(delta))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageStartingWith("delta ");
  }

  private static Measured measure(Loss loss, float[] output, float[] target) {
    return Measured.of(loss, output, HostTensor.of(target, target.length, 1), output.length, 1);
  }
}
