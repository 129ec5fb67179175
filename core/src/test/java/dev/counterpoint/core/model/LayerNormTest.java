package dev.counterpoint.core.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.counterpoint.core.kernel.Torch;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LayerNormTest {
  private final NDManager manager = Torch.newManager(Device.cpu());

  @AfterEach
  void close() {
    manager.close();
  }

  @Test
  void vectorsAreNormalizedScaledAndShifted() {
    LayerNorm layer = new LayerNorm(4);
    try (Parts model = Parts.of(layer)) {
      model.set("part.weight", 1, 2, 3, 4);
      model.set("part.bias", 0.5f, 0, -0.5f, 1);

      // Mean 3, variance 5; mean 2, variance 0.
      NDArray x = manager.create(new float[] {0, 2, 4, 6, 2, 2, 2, 2}, new Shape(1, 2, 4));
      float[] y = layer.forward(x).toFloatArray();

      double scale = 1 / Math.sqrt(5 + 1e-5);
      assertThat(y[0]).isCloseTo((float) (-3 * scale + 0.5), within(1e-5f));
      assertThat(y[1]).isCloseTo((float) (-1 * 2 * scale), within(1e-5f));
      assertThat(y[2]).isCloseTo((float) (1 * 3 * scale - 0.5), within(1e-5f));
      assertThat(y[3]).isCloseTo((float) (3 * 4 * scale + 1), within(1e-5f));
      assertThat(Arrays.copyOfRange(y, 4, 8))
          .containsExactly(new float[] {0.5f, 0, -0.5f, 1}, within(1e-5f));
    }
  }

  @Test
  void epsilonIsApplied() {
    LayerNorm layer = new LayerNorm(2, 0.5);
    try (Parts model = Parts.of(layer)) {
      // Mean 0, variance 1: 1 / sqrt(1.5).
      float[] y = layer.forward(manager.create(new float[] {-1, 1})).toFloatArray();

      assertThat(y[1]).isCloseTo((float) (1 / Math.sqrt(1.5)), within(1e-6f));
    }
  }

  @Test
  void initialWeightIsOneAndBiasIsZero() {
    try (Parts model = Parts.of(new LayerNorm(2))) {
      assertThat(model.values("part.weight")).containsOnly(1);
      assertThat(model.values("part.bias")).containsOnly(0);
    }
  }
}
