package dev.counterpoint.core.kernel.operator;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.counterpoint.core.kernel.Autograd;
import dev.counterpoint.core.kernel.Kernel;
import dev.counterpoint.core.kernel.Precision;
import dev.counterpoint.core.kernel.Torch;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Matrix products in bfloat16 on both kinds of processors: with fast bfloat16 products in libtorch,
 * and with float32 products of rounded operands.
 */
class Bfloat16Test {
  private final NDManager manager = Torch.newManager(Device.cpu());

  @AfterEach
  void close() {
    manager.close();
  }

  private NDArray normal(long seed, long... shape) {
    return Autograd.normal(manager, seed, shape);
  }

  @Test
  void bfloat16RoundsTheOperands() {
    NDArray x =
        manager.create(new float[] {1 + 1f / 512}).reshape(1, 1); // between two bfloat16 values
    NDArray one = manager.create(new float[] {1}).reshape(1, 1);

    assertThat(Functional.linear(x, one, null, Precision.BFLOAT16).toFloatArray())
        .containsExactly(1);
    assertThat(Functional.linear(x, one, null, Precision.FLOAT32).toFloatArray())
        .containsExactly(1 + 1f / 512);
  }

  /** 1 + 1/128 is representable in bfloat16; its square is not. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void bfloat16RoundsTheResult(boolean inFloat32) {
    NDArray x = manager.create(new float[] {1 + 1f / 128}).reshape(1, 1);

    assertThat(kernel("linear_without_bias", inFloat32, Map.of()).apply(x, x).get(0).toFloatArray())
        .containsExactly(1 + 2f / 128);
  }

  @Test
  void linearIsEquivalentWithoutNativeBfloat16() {
    compareRounded("linear", Map.of(), List.of(normal(1, 6, 5), normal(2, 4, 5), normal(3, 4)));
  }

  @Test
  void feedForwardIsEquivalentWithoutNativeBfloat16() {
    compareRounded(
        "feed_forward",
        Map.of("activation", "gelu"),
        List.of(normal(1, 2, 3, 4), normal(2, 8, 4), normal(3, 8), normal(4, 4, 8), normal(5, 4)));
  }

  /**
   * Compares native bfloat16 products with float32 products of rounded operands, to half a unit in
   * the last place.
   */
  private void compareRounded(String name, Map<String, Object> settings, List<NDArray> inputs) {
    Autograd.compare(
        it -> kernel(name, true, settings).apply(it.toArray(NDArray[]::new)).get(0),
        it -> kernel(name, false, settings).apply(it.toArray(NDArray[]::new)).get(0),
        inputs,
        1f / 512);
  }

  private static Kernel kernel(String name, boolean inFloat32, Map<String, Object> settings) {
    Map<String, Object> constants = new HashMap<>(settings);
    constants.putAll(Precision.BFLOAT16.constants(inFloat32));
    return Kernel.load(name, constants);
  }

  @Test
  void nativeBfloat16SupportIsDetected() {
    assertThat(Kernel.load("bfloat16").number("supported")).isIn(0.0, 1.0);
  }
}
