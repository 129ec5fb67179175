package dev.counterpoint.core.model;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.counterpoint.core.kernel.Precision;
import dev.counterpoint.core.kernel.Torch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class PrecisionTest {
  private final NDManager manager = Torch.newManager(Device.cpu());

  @AfterEach
  void close() {
    manager.close();
  }

  @Test
  void precisionAppliesToAllLayersOfAModel() {
    Linear inner = new Linear(2, 2);
    Sequential outer = new Sequential(inner, new Linear(2, 1));

    outer.setPrecision(Precision.BFLOAT16);

    assertThat(inner.precision()).isEqualTo(Precision.BFLOAT16);
    outer.setPrecision(Precision.FLOAT32);
    assertThat(inner.precision()).isEqualTo(Precision.FLOAT32);
  }

  @Test
  void linearLayerMultipliesInItsPrecisionAndReturnsFloat32() {
    Linear layer = new Linear(1, 1);
    try (Parts model = Parts.of(layer)) {
      model.set("part.weight", 1);
      model.set("part.bias", 0);
      NDArray x = manager.create(new float[] {1 + 1f / 512}, new Shape(1, 1));

      layer.setPrecision(Precision.BFLOAT16);
      NDArray y = layer.forward(x);

      assertThat(y.getDataType()).isEqualTo(DataType.FLOAT32);
      assertThat(y.toFloatArray()).containsExactly(1); // rounded to bfloat16
    }
  }
}
