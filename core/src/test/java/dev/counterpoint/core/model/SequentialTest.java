package dev.counterpoint.core.model;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import dev.counterpoint.core.kernel.Torch;
import dev.counterpoint.core.parameter.Parameter;
import org.junit.jupiter.api.Test;

class SequentialTest {
  @Test
  void layersAreAppliedInOrder() {
    Sequential layers = new Sequential(x -> x.add(1), x -> x.mul(10), Activation.RELU);
    try (NDManager manager = Torch.newManager(Device.cpu())) {
      assertThat(layers.forward(manager.create(new float[] {1, -3})).toFloatArray())
          .containsExactly(20, 0);
    }
  }

  @Test
  void parametersAreNamedByIndex() {
    Sequential layers = new Sequential(new Linear(1, 1), Activation.RELU, new LayerNorm(1));
    try (Parts model = Parts.of(layers)) {
      assertThat(model.parameters())
          .extracting(Parameter::name)
          .containsExactly(
              "part.layers.0.weight",
              "part.layers.0.bias",
              "part.layers.2.weight",
              "part.layers.2.bias");
    }
  }

  @Test
  void trainingModeAppliesToNestedLayers() {
    Dropout inner = new Dropout(0.5);
    new Sequential(new Sequential(inner)).setTraining(true);

    assertThat(inner.training()).isTrue();
  }
}
