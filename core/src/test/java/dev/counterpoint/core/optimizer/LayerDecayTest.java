package dev.counterpoint.core.optimizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.entry;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import dev.counterpoint.core.kernel.Torch;
import dev.counterpoint.core.parameter.Gradients;
import dev.counterpoint.core.parameter.Initializer;
import dev.counterpoint.core.parameter.Parameter;
import dev.counterpoint.core.settings.InvalidSettings;
import java.util.List;
import org.junit.jupiter.api.Test;

class LayerDecayTest {
  @Test
  void headHasDepthZeroAndEmbeddingsAreDeepest() {
    assertThat(
            LayerDecay.depths(
                List.of(
                    "body.tokens.weight",
                    "body.blocks.0.up.weight",
                    "body.blocks.0.up.bias",
                    "body.blocks.1.up.weight",
                    "body.norm.weight",
                    "head.weight")))
        .containsExactly(
            entry("body.tokens.weight", 3),
            entry("body.blocks.0.up.weight", 2),
            entry("body.blocks.0.up.bias", 2),
            entry("body.blocks.1.up.weight", 1),
            entry("body.norm.weight", 0),
            entry("head.weight", 0));
  }

  @Test
  void layersOfTwoStacksAreCountedTogether() {
    assertThat(
            LayerDecay.depths(
                List.of("low.0.weight", "low.1.weight", "bridge.weight", "high.0.weight")))
        .containsExactly(
            entry("low.0.weight", 3),
            entry("low.1.weight", 2),
            entry("bridge.weight", 2),
            entry("high.0.weight", 1));
  }

  @Test
  void onlyTheFirstNumberOfANameIsALayer() {
    assertThat(LayerDecay.depths(List.of("blocks.0.experts.0.weight", "blocks.0.experts.1.weight")))
        .containsValues(1, 1);
  }

  @Test
  void modelWithoutNumberedLayersIsRejected() {
    assertThatThrownBy(() -> LayerDecay.depths(List.of("hidden.weight", "head2.weight")))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("layerDecay")
        .hasMessageContaining("hidden.weight, head2.weight");
  }

  @Test
  void groupLearningRateIsDecayedAndWeightDecayIsKept() {
    List<Parameter> parameters = List.of(parameter("blocks.0.weight"), parameter("head.weight"));
    List<ParameterGroup> groups = List.of(new ParameterGroup(List.of("blocks.*"), 0.5, 0.25));

    assertThat(LayerDecay.apply(AdamW.of(0.1), parameters, groups, 0.5))
        .containsExactly(
            new ParameterGroup(List.of("blocks.0.weight"), 0.25, 0.25),
            new ParameterGroup(List.of("head.weight"), 0.1, null));
  }

  @Test
  void lowerLayersTakeSmallerSteps() {
    try (NDManager manager = Torch.newManager(Device.cpu())) {
      List<Parameter> parameters = List.of(parameter("blocks.0.weight"), parameter("head.weight"));
      parameters.forEach(it -> it.initialize(manager, 1));
      Sgd config = new Sgd(0.1, 0, 0, 0, false);
      List<ParameterGroup> groups = LayerDecay.apply(config, parameters, List.of(), 0.5);
      try (Gradients gradients = new Gradients(parameters);
          Optimizer optimizer = Optimizer.create(config, parameters, groups)) {
        try (Torch.Recording recording = Torch.recordGradients()) {
          parameters.forEach(it -> gradients.add(it.value().sum()));
        }
        optimizer.step(gradients, learningRate -> learningRate);

        assertThat(parameters.get(0).value().getFloat(0, 0)).isCloseTo(0.95f, within(1e-6f));
        assertThat(parameters.get(1).value().getFloat(0, 0)).isCloseTo(0.9f, within(1e-6f));
      }
    }
  }

  private static Parameter parameter(String name) {
    Parameter parameter = Parameter.of(Initializer.ones(), 2, 2);
    parameter.setName(name);
    return parameter;
  }
}
