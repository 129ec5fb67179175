package dev.counterpoint.core.optimizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import dev.counterpoint.core.kernel.Torch;
import dev.counterpoint.core.parameter.Gradients;
import dev.counterpoint.core.parameter.Initializer;
import dev.counterpoint.core.parameter.Parameter;
import dev.counterpoint.core.reference.Safetensors;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Compares twenty steps of each optimizer with recorded steps of torch.optim. */
final class TorchReferenceTest {
  private static final Safetensors REFERENCE = Safetensors.read("optim/optim.safetensors");
  private static final int STEPS = 20;

  private final NDManager manager = Torch.newManager(Device.cpu());

  @AfterEach
  void close() {
    manager.close();
  }

  static Stream<Arguments> variants() {
    return Stream.of(
        Arguments.of("sgd", new Sgd(0.1, 0, 0, 0, false)),
        Arguments.of("sgd_momentum", new Sgd(0.1, 0.9, 0, 0, false)),
        Arguments.of("sgd_momentum_wd", new Sgd(0.1, 0.9, 0, 0.01, false)),
        Arguments.of("sgd_nesterov", new Sgd(0.1, 0.9, 0, 0, true)),
        Arguments.of("sgd_nesterov_wd", new Sgd(0.1, 0.9, 0, 0.01, true)),
        Arguments.of("sgd_momentum_dampening", new Sgd(0.1, 0.9, 0.5, 0, false)),
        Arguments.of("adam", new Adam(0.01, 0.9, 0.999, 1e-8, 0, false)),
        Arguments.of("adam_wd", new Adam(0.01, 0.9, 0.999, 1e-8, 0.1, false)),
        Arguments.of("adam_amsgrad", new Adam(0.01, 0.9, 0.999, 1e-8, 0, true)),
        Arguments.of("adam_betas", new Adam(0.01, 0.8, 0.95, 1e-6, 0, false)),
        Arguments.of("adamw", new AdamW(0.01, 0.9, 0.999, 1e-8, 0.01, false)),
        Arguments.of("adamw_wd", new AdamW(0.01, 0.9, 0.999, 1e-8, 0.1, false)),
        Arguments.of("adamw_amsgrad", new AdamW(0.01, 0.9, 0.999, 1e-8, 0.1, true)),
        Arguments.of("rmsprop", new RmsProp(0.01, 0.99, 1e-8, 0, 0, false)),
        Arguments.of("rmsprop_momentum", new RmsProp(0.01, 0.99, 1e-8, 0, 0.9, false)),
        Arguments.of("rmsprop_centered_wd", new RmsProp(0.01, 0.99, 1e-8, 0.1, 0, true)),
        Arguments.of("adagrad", new Adagrad(0.1, 0, 0, 0, 1e-10)),
        Arguments.of("adagrad_decay_wd", new Adagrad(0.1, 0.05, 0.1, 0.1, 1e-10)),
        Arguments.of("nadam", new NAdam(0.01, 0.9, 0.999, 1e-8, 0, 0.004, false)),
        Arguments.of("nadam_wd", new NAdam(0.01, 0.9, 0.999, 1e-8, 0.1, 0.004, false)),
        Arguments.of("nadam_decoupled_wd", new NAdam(0.01, 0.9, 0.999, 1e-8, 0.1, 0.004, true)),
        Arguments.of("adadelta", new Adadelta(1, 0.9, 1e-6, 0)),
        Arguments.of("adamax", new Adamax(0.01, 0.9, 0.999, 1e-8, 0)),
        Arguments.of("radam", new RAdam(0.01, 0.9, 0.999, 1e-8, 0, false)));
  }

  @ParameterizedTest
  @MethodSource("variants")
  void stepsEqualTorch(String variant, OptimizerConfig config) {
    Parameter weight = parameter("w");
    Parameter bias = parameter("b");
    ParameterGroup all = new ParameterGroup(List.of("*"), null, config.weightDecay());
    try (Gradients gradients = new Gradients(List.of(weight, bias));
        Optimizer optimizer = Optimizer.create(config, List.of(weight, bias), List.of(all))) {
      for (int step = 0; step < STEPS; step++) {
        gradients.clear();
        backward(gradients, weight, step);
        backward(gradients, bias, step);
        optimizer.step(gradients, learningRate -> learningRate);

        check(variant, weight, step);
        check(variant, bias, step);
      }
    }
  }

  private Parameter parameter(String name) {
    Parameter parameter =
        Parameter.of(Initializer.zeros(), REFERENCE.shape("init." + name).getShape());
    parameter.setName(name);
    parameter.setValue(REFERENCE.array(manager, "init." + name));
    return parameter;
  }

  private void backward(Gradients gradients, Parameter parameter, int step) {
    try (Torch.Recording recording = Torch.recordGradients();
        NDScope scope = new NDScope()) {
      NDArray gradient = REFERENCE.array(manager, "grad." + parameter.name()).get(step);
      gradients.add(parameter.value().mul(gradient).sum());
    }
  }

  private static void check(String variant, Parameter parameter, int step) {
    float[] actual = parameter.value().toFloatArray();
    float[] expected = REFERENCE.values(variant + "." + parameter.name());
    for (int i = 0; i < actual.length; i++) {
      float value = expected[step * actual.length + i];
      assertThat(actual[i])
          .as("%s.%s[%d] after step %d", variant, parameter.name(), i, step)
          .isEqualTo(value, within(4e-6f + 4e-6f * Math.abs(value)));
    }
  }
}
