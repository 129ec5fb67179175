package dev.counterpoint.core.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import dev.counterpoint.core.kernel.Torch;
import java.util.Map;
import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ActivationTest {
  private static final float[] X = {-3, -0.5f, 0, 0.5f, 3};

  /** Phi of the normal distribution at {@link #X}, from tables. */
  private static final double[] PHI = {
    0.001349898031630, 0.308537538725987, 0.5, 0.691462461274013, 0.998650101968370
  };

  private static final Map<Activation, DoubleUnaryOperator> FORMULAS =
      Map.of(
          Activation.RELU, x -> Math.max(x, 0),
          Activation.GELU_TANH,
              x -> 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x))),
          Activation.TANH, Math::tanh,
          Activation.SIGMOID, x -> 1 / (1 + Math.exp(-x)),
          Activation.SILU, x -> x / (1 + Math.exp(-x)));

  @ParameterizedTest
  @EnumSource
  void valuesEqualTheFormula(Activation activation) {
    try (NDManager manager = Torch.newManager(Device.cpu())) {
      float[] y = activation.forward(manager.create(X)).toFloatArray();

      for (int i = 0; i < X.length; i++) {
        double expected =
            activation == Activation.GELU
                ? X[i] * PHI[i]
                : FORMULAS.get(activation).applyAsDouble(X[i]);
        assertThat((double) y[i]).isCloseTo(expected, within(2e-6));
      }
    }
  }
}
