package dev.counterpoint.core.loss;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.counterpoint.core.kernel.Torch;
import org.junit.jupiter.api.Test;

class LossSumTest {
  @Test
  void aSumOfAnotherShapeOrTypeIsRejected() {
    try (NDManager manager = Torch.newManager(Device.cpu())) {
      assertThatThrownBy(() -> new LossSum(manager.zeros(new Shape(4)), 4))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContainingAll("scalar", "float32 (4)", ".sum()");
      assertThatThrownBy(() -> new LossSum(manager.zeros(new Shape(), DataType.FLOAT64), 4))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("float64 ()");
    }
  }
}
