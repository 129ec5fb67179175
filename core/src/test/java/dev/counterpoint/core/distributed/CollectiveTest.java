package dev.counterpoint.core.distributed;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.kernel.Torch;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.parameter.Gradients;
import dev.counterpoint.core.training.TinyClassifier;
import org.junit.jupiter.api.Test;

class CollectiveTest {
  private final Collective single = Collective.singleProcess();

  @Test
  void aSingleProcessIsRankZeroOfOne() {
    assertThat(single.rank()).isZero();
    assertThat(single.worldSize()).isEqualTo(1);
  }

  @Test
  void aSumOverASingleProcessIsTheIdentity() {
    assertThat(single.allReduce(1.5, -2, Double.NaN)).containsExactly(1.5, -2, Double.NaN);
  }

  @Test
  void gradientsOfASingleProcessAreUnchanged() {
    try (BaseModel model = new TinyClassifier(0)) {
      model.initialize(Device.cpu(), 1);
      try (Gradients gradients = new Gradients(model.parameters())) {
        backward(model, gradients);
        double norm = gradients.scaleAndClipNorm(1, Double.POSITIVE_INFINITY);

        single.allReduce(gradients);

        assertThat(norm).isPositive();
        assertThat(gradients.scaleAndClipNorm(1, Double.POSITIVE_INFINITY)).isEqualTo(norm);
      }
    }
  }

  private static void backward(BaseModel model, Gradients gradients) {
    try (Torch.Recording on = Torch.recordGradients();
        NDArray sum = model.parameters().get(0).value().sum()) {
      gradients.add(sum);
    }
  }
}
