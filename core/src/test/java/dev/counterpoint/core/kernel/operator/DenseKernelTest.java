package dev.counterpoint.core.kernel.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThatCode;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.counterpoint.core.kernel.Autograd;
import dev.counterpoint.core.kernel.Kernel;
import dev.counterpoint.core.kernel.Torch;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Linear layers with oneDNN and with the library that libtorch selects. */
final class DenseKernelTest {
  private static final long ROWS = 128; // times 256 times 512: enough for oneDNN
  private final NDManager manager = Torch.newManager(Device.cpu());
  private final NDArray x = normal(1, ROWS, 256);
  private final NDArray weight = normal(2, 512, 256);
  private final NDArray bias = normal(3, 512);

  @BeforeEach
  void requireOneDnn() {
    assumeThatCode(() -> Kernel.load("pack")).doesNotThrowAnyException();
  }

  @AfterEach
  void close() {
    manager.close();
  }

  private NDArray normal(long seed, long... shape) {
    return Autograd.normal(manager, seed, shape);
  }

  private static NDArray apply(
      String kernel, String dense, Map<String, Object> constants, NDArray... inputs) {
    Map<String, Object> all = new HashMap<>(constants);
    all.putAll(Map.of("type", 6L, "rounded", false, "dense", dense));
    return Kernel.load(kernel, all).apply(inputs).get(0);
  }

  private static void compare(String kernel, Map<String, Object> constants, NDArray... inputs) {
    try (Torch.Recording noGradients = Torch.noGradients()) {
      NDArray expected = apply(kernel, "dense", constants, inputs);
      NDArray actual = apply(kernel, "dense_onednn", constants, inputs);

      assertThat(actual.getShape()).isEqualTo(expected.getShape());
      float scale = expected.abs().max().getFloat();
      assertThat(actual.sub(expected).abs().max().getFloat()).isLessThan(scale * 2e-6f);
    }
  }

  @Test
  void linearIsEqual() {
    compare("linear", Map.of(), x, weight, bias);
    compare("linear", Map.of(), x.reshape(4, 32, 256), weight, bias);
    compare("linear_without_bias", Map.of(), x, weight);
  }

  @Test
  void transposedArraysAreEqual() {
    compare("linear", Map.of(), normal(1, 256, ROWS).transpose(), weight, bias);
    compare("linear", Map.of(), x, normal(2, 256, 512).transpose(), bias);
  }

  @ParameterizedTest
  @CsvSource({"gelu", "gelu_tanh", "relu", "silu"})
  void activationIsEqual(String activation) {
    compare(
        "feed_forward",
        Map.of("activation", activation),
        x,
        weight,
        bias,
        normal(4, 256, 512),
        normal(5, 256));
  }

  @ParameterizedTest
  @CsvSource({"1", "7", "128"})
  void packedWeightIsEqual(long rows) {
    NDArray input = normal(1, rows, 256);
    try (Torch.Recording noGradients = Torch.noGradients()) {
      NDArray expected = apply("linear", "dense", Map.of(), input, weight, bias);
      NDArray packed = Kernel.load("pack").apply(weight).get(0);
      NDArray actual = apply("linear", "dense_onednn", Map.of(), input, packed, bias);

      float scale = expected.abs().max().getFloat();
      assertThat(actual.sub(expected).abs().max().getFloat()).isLessThan(scale * 2e-6f);
    }
  }

  @Test
  void productsWhoseGradientsAreRecordedKeepTheirBits() {
    weight.setRequiresGradient(true);
    try (Torch.Recording recording = Torch.recordGradients()) {
      NDArray expected = apply("linear", "dense", Map.of(), x, weight, bias);
      NDArray actual = apply("linear", "dense_onednn", Map.of(), x, weight, bias);

      assertThat(actual.toFloatArray()).containsExactly(expected.toFloatArray());
      Torch.backward(actual.sum());
    }
    assertThat(weight.getGradient().abs().max().getFloat()).isPositive();
  }
}
