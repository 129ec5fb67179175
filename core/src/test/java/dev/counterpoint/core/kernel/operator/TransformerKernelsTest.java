package dev.counterpoint.core.kernel.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.core.Linear;
import dev.counterpoint.core.kernel.Autograd;
import dev.counterpoint.core.kernel.Precision;
import dev.counterpoint.core.kernel.Torch;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Compares values and gradients of each kernel with an implementation by NDArray operators. */
class TransformerKernelsTest {
  private final NDManager manager = Torch.newManager(Device.cpu());

  @AfterEach
  void close() {
    manager.close();
  }

  private NDArray normal(long seed, long... shape) {
    return Autograd.normal(manager, seed, shape);
  }

  @ParameterizedTest
  @EnumSource
  void linearEqualsTheFormula(Precision precision) {
    Autograd.compare(
        it -> Functional.linear(it.get(0), it.get(1), it.get(2), precision),
        it -> Linear.linear(it.get(0), it.get(1), it.get(2)).singletonOrThrow(),
        List.of(normal(1, 2, 3, 5), normal(2, 4, 5), normal(3, 4)),
        Autograd.error(precision));
  }

  @ParameterizedTest
  @EnumSource
  void linearWithoutBiasEqualsTheFormula(Precision precision) {
    Autograd.compare(
        it -> Functional.linear(it.get(0), it.get(1), null, precision),
        it -> Linear.linear(it.get(0), it.get(1)).singletonOrThrow(),
        List.of(normal(1, 3, 5), normal(2, 4, 5)),
        Autograd.error(precision));
  }

  @ParameterizedTest
  @CsvSource({
    "GELU, FLOAT32", "GELU, BFLOAT16", "GELU_TANH, FLOAT32", "RELU, FLOAT32",
    "SILU, FLOAT32", "TANH, FLOAT32", "SIGMOID, FLOAT32", "SIGMOID, BFLOAT16"
  })
  void feedForwardEqualsTwoLinearLayersAndAnActivation(String activation, Precision precision) {
    String name = activation.toLowerCase(Locale.ROOT);
    Autograd.compare(
        it ->
            Functional.feedForward(
                it.get(0), it.get(1), it.get(2), it.get(3), it.get(4), name, precision),
        it -> {
          NDArray hidden = Linear.linear(it.get(0), it.get(1), it.get(2)).singletonOrThrow();
          return Linear.linear(activate(activation, hidden), it.get(3), it.get(4))
              .singletonOrThrow();
        },
        List.of(normal(1, 2, 3, 4), normal(2, 8, 4), normal(3, 8), normal(4, 4, 8), normal(5, 4)),
        Autograd.error(precision));
  }

  private static NDArray activate(String activation, NDArray x) {
    return switch (activation) {
      case "GELU" -> Functional.gelu(x);
      case "GELU_TANH" -> Functional.geluTanh(x);
      case "RELU" -> Activation.relu(x);
      case "SILU" -> x.mul(Activation.sigmoid(x));
      case "TANH" -> Activation.tanh(x);
      default -> Activation.sigmoid(x);
    };
  }

  @Test
  void maskedMeanExcludesPadding() {
    NDArray mask = manager.create(new float[] {1, 1, 0, 1, 0, 0}).reshape(2, 3);
    Autograd.compare(
        it -> Functional.maskedMean(it.get(0), mask),
        it -> {
          NDArray x = it.get(0);
          NDArray first = x.get("0, :2").mean(new int[] {0});
          return new NDList(first, x.get("1, 0"))
              .stream().reduce((a, b) -> a.expandDims(0).concat(b.expandDims(0))).orElseThrow();
        },
        List.of(normal(1, 2, 3, 4)),
        1e-6f);
  }

  @Test
  void residualIsASum() {
    Autograd.compare(
        it -> Functional.residual(it.get(0), it.get(1), 0),
        it -> it.get(0).add(it.get(1)),
        List.of(normal(1, 2, 3), normal(2, 2, 3)),
        1e-6f);
  }

  @Test
  void residualDropsWithItsProbabilityAndPreservesTheMean() {
    int count = 10_000;
    NDArray zeros = manager.zeros(new Shape(count));
    NDArray ones = manager.ones(new Shape(count));
    Torch.seed(1);
    NDArray result = Functional.residual(zeros, ones, 0.25);

    assertThat(result.mean().getFloat()).isCloseTo(1, within(0.03f));
    assertThat(result.eq(0).sum().getLong()).isCloseTo(2_500, within(150L));
  }

  @Test
  void gradientOfResidualUsesTheKeptElements() {
    NDArray ones = manager.ones(new Shape(20, 5));
    ones.setRequiresGradient(true);
    try (Torch.Recording recording = Torch.recordGradients()) {
      NDArray result = Functional.residual(manager.zeros(new Shape(20, 5)), ones, 0.25);
      Torch.backward(result.sum());
      assertThat(ones.getGradient().toFloatArray()).containsExactly(result.toFloatArray());
    }
  }
}
