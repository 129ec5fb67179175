package dev.counterpoint.core.optimizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.counterpoint.core.checkpoint.Checkpoint;
import dev.counterpoint.core.checkpoint.CheckpointStore;
import dev.counterpoint.core.kernel.Torch;
import dev.counterpoint.core.parameter.Gradients;
import dev.counterpoint.core.parameter.Initializer;
import dev.counterpoint.core.parameter.Parameter;
import dev.counterpoint.core.settings.InvalidSettings;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class OptimizerTest {
  private static final OptimizerConfig ADAMW = new AdamW(0.1, 0.9, 0.999, 1e-8, 0.5, false);
  private static final Sgd SGD = new Sgd(0.1, 0, 0, 0.5, false);

  private final NDManager manager = Torch.newManager(Device.cpu());

  @AfterEach
  void close() {
    manager.close();
  }

  private Parameter parameter(String name, long... shape) {
    Parameter parameter = Parameter.of(Initializer.ones(), shape);
    parameter.setName(name);
    parameter.initialize(manager, 1);
    return parameter;
  }

  private static void backward(Gradients gradients, Parameter parameter, double gradient) {
    try (Torch.Recording recording = Torch.recordGradients();
        NDScope scope = new NDScope()) {
      gradients.add(parameter.value().mul(gradient).sum());
    }
  }

  private static float first(Parameter parameter) {
    return parameter.value().toFloatArray()[0];
  }

  @Test
  void parameterWithoutGradientIsNotUpdatedOrDecayed() {
    Parameter used = parameter("used", 2, 2);
    Parameter unused = parameter("unused", 2, 2);
    List<Parameter> both = List.of(used, unused);
    try (Gradients gradients = new Gradients(both);
        Optimizer optimizer = Optimizer.create(ADAMW, both, List.of())) {
      backward(gradients, used, 1);
      optimizer.step(gradients, learningRate -> learningRate);

      assertThat(first(used)).isLessThan(1);
      assertThat(first(unused)).isEqualTo(1);
      assertThat(optimizer.state().get("unused/step").getFloat()).isZero();
    }
  }

  @Test
  void gradientsAreMatchedByParameterNotByOrder() {
    Parameter a = parameter("a", 2);
    Parameter b = parameter("b", 2);
    try (Gradients gradients = new Gradients(List.of(a, b));
        Optimizer optimizer = Optimizer.create(SGD, List.of(b, a), List.of())) {
      backward(gradients, a, 1);
      backward(gradients, b, 2);
      optimizer.step(gradients, learningRate -> learningRate);

      assertThat(first(a)).isEqualTo(0.9f, within(1e-6f));
      assertThat(first(b)).isEqualTo(0.8f, within(1e-6f));
    }
  }

  @Test
  void parameterWithoutElementsIsSkipped() {
    Parameter a = parameter("a", 2);
    List<Parameter> both = List.of(parameter("empty", 0), a);
    try (Gradients gradients = new Gradients(both);
        Optimizer optimizer = Optimizer.create(SGD, both, List.of())) {
      backward(gradients, a, 1);
      optimizer.step(gradients, learningRate -> learningRate);

      assertThat(first(a)).isEqualTo(0.9f, within(1e-6f));
    }
  }

  @Test
  void weightDecayAppliesToZeroGradients() {
    Parameter parameter = parameter("a", 2, 2);
    try (Gradients gradients = new Gradients(List.of(parameter));
        Optimizer optimizer = Optimizer.create(ADAMW, List.of(parameter), List.of())) {
      backward(gradients, parameter, 0);
      optimizer.step(gradients, learningRate -> learningRate);

      assertThat(first(parameter)).isEqualTo(0.95f, within(1e-6f));
    }
  }

  @Test
  void parameterKeepsItsOwnStepCount() {
    Parameter always = parameter("always", 2, 2);
    Parameter sometimes = parameter("sometimes", 2, 2);
    List<Parameter> both = List.of(always, sometimes);
    try (Gradients gradients = new Gradients(both);
        Optimizer optimizer = Optimizer.create(ADAMW, both, List.of())) {
      for (int step = 0; step < 4; step++) {
        backward(gradients, always, step - 1);
        optimizer.step(gradients, learningRate -> learningRate);
        gradients.clear();
      }
      for (int step = 0; step < 4; step++) {
        backward(gradients, sometimes, step - 1);
        optimizer.step(gradients, learningRate -> learningRate);
        gradients.clear();
        optimizer.step(gradients, learningRate -> learningRate);
      }

      assertThat(first(sometimes)).isEqualTo(first(always));
      assertThat(optimizer.state().get("sometimes/step").getFloat()).isEqualTo(4);
    }
  }

  @Test
  void biasesAreNotDecayed() {
    Parameter weight = parameter("weight", 2, 2);
    Parameter bias = parameter("bias", 2);
    stepOnce(SGD, List.of(weight, bias), List.of());

    assertThat(first(weight)).isEqualTo(0.95f, within(1e-6f));
    assertThat(first(bias)).isEqualTo(1);
  }

  @Test
  void groupOverridesLearningRateAndWeightDecay() {
    Parameter body = parameter("body.weight", 2, 2);
    Parameter head = parameter("head.bias", 2);
    stepOnce(SGD, List.of(body, head), List.of(new ParameterGroup(List.of("head.*"), 0.2, 0.25)));

    assertThat(first(body)).isEqualTo(0.95f, within(1e-6f));
    assertThat(first(head)).isEqualTo(0.95f, within(1e-6f));
  }

  @Test
  void firstMatchingGroupApplies() {
    Parameter parameter = parameter("a", 2, 2);
    stepOnce(
        SGD,
        List.of(parameter),
        List.of(
            new ParameterGroup(List.of("a"), null, 0.1),
            new ParameterGroup(List.of("*"), null, 0.9)));

    assertThat(first(parameter)).isEqualTo(0.99f, within(1e-6f));
  }

  /** Performs one step with zero gradients, so that only weight decay changes values. */
  private static void stepOnce(
      OptimizerConfig config, List<Parameter> parameters, List<ParameterGroup> groups) {
    try (Gradients gradients = new Gradients(parameters);
        Optimizer optimizer = Optimizer.create(config, parameters, groups)) {
      parameters.forEach(parameter -> backward(gradients, parameter, 0));
      optimizer.step(gradients, learningRate -> learningRate);
    }
  }

  @Test
  void scheduleAppliesToTheLearningRateOfEachGroup() {
    Parameter a = parameter("a", 2);
    Parameter b = parameter("b", 2);
    List<Parameter> both = List.of(a, b);
    List<ParameterGroup> groups = List.of(new ParameterGroup(List.of("b"), 0.2, null));
    try (Gradients gradients = new Gradients(both);
        Optimizer optimizer = Optimizer.create(SGD, both, groups)) {
      backward(gradients, a, 1);
      backward(gradients, b, 1);
      optimizer.step(gradients, learningRate -> learningRate / 2);

      assertThat(first(a)).isEqualTo(0.95f, within(1e-6f));
      assertThat(first(b)).isEqualTo(0.9f, within(1e-6f));
    }
  }

  @Test
  void groupWithoutMatchIsRejectedWithTheParameterNames() {
    Parameter parameter = parameter("encoder.weight", 2);
    ParameterGroup group = new ParameterGroup(List.of("decoder.*"), 0.1, null);

    assertThatThrownBy(() -> Optimizer.create(SGD, List.of(parameter), List.of(group)))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("decoder.*")
        .hasMessageContaining("encoder.weight");
  }

  @Test
  void frozenParametersHaveNoState() {
    Parameter frozen = parameter("frozen", 2);
    frozen.setTrainable(false);
    try (Optimizer optimizer =
        Optimizer.create(ADAMW, List.of(frozen, parameter("free", 2)), List.of())) {
      assertThat(optimizer.state().keySet())
          .containsExactlyInAnyOrder("free/step", "free/exp_avg", "free/exp_avg_sq");
    }
  }

  @Test
  void restoredOptimizerContinuesIdentically(@TempDir Path folder) throws IOException {
    Parameter parameter = parameter("a", 2, 2);
    List<Parameter> model = List.of(parameter);
    try (Gradients gradients = new Gradients(model);
        Optimizer first = Optimizer.create(ADAMW, model, List.of());
        Optimizer second = Optimizer.create(ADAMW, model, List.of())) {
      backward(gradients, parameter, 3);
      first.step(gradients, learningRate -> learningRate);
      Checkpoint saved =
          new CheckpointStore(folder, 1)
              .save(1, model, first.state(), JsonNodeFactory.instance.objectNode());
      gradients.clear();
      backward(gradients, parameter, -1);
      first.step(gradients, learningRate -> learningRate);
      float uninterrupted = first(parameter);

      saved.load(model, second.state());
      second.step(gradients, learningRate -> learningRate);

      assertThat(first(parameter)).isEqualTo(uninterrupted);
    }
  }

  @Test
  void stepDoesNotLeakArrays() {
    Parameter parameter = parameter("a", 2, 2);
    try (Gradients gradients = new Gradients(List.of(parameter));
        Optimizer optimizer = Optimizer.create(ADAMW, List.of(parameter), List.of())) {
      int before = manager.getManagedArrays().size();
      backward(gradients, parameter, 1);
      gradients.scaleAndClipNorm(0.5, 1);
      optimizer.step(gradients, learningRate -> learningRate);
      gradients.clear();

      assertThat(manager.getManagedArrays()).hasSize(before);
    }
  }
}
