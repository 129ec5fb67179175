package dev.counterpoint.core.optimizer;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.counterpoint.core.settings.InvalidSettings;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

final class OptimizerConfigTest {
  static Stream<Arguments> impossible() {
    return Stream.of(
        refused("learningRate 0 must be", () -> new Sgd(0, 0, 0, 0, false)),
        refused("nesterov true needs a momentum", () -> new Sgd(0.1, 0, 0, 0, true)),
        refused("dampening 2 must be", () -> new Sgd(0.1, 0.9, 2, 0, false)),
        refused("beta1 1 must be", () -> new Adam(0.1, 1, 0.9, 1e-8, 0, false)),
        refused("beta2 -1 must be", () -> new AdamW(0.1, 0.9, -1, 1e-8, 0, false)),
        refused("epsilon NaN must be", () -> new AdamW(0.1, 0.9, 0.9, Double.NaN, 0, false)),
        refused("alpha 2 must be", () -> new RmsProp(0.1, 2, 1e-8, 0, 0, false)),
        refused("learningRateDecay -1 must be", () -> new Adagrad(0.1, -1, 0, 0, 1e-10)),
        refused("rho 2 must be", () -> new Adadelta(1, 2, 1e-6, 0)),
        refused("weightDecay -1 must be", () -> new Adamax(0.1, 0.9, 0.9, 1e-8, -1)),
        refused("momentumDecay -1 must be", () -> new NAdam(0.1, 0.9, 0.9, 1e-8, 0, -1, false)),
        refused("beta2 1 must be", () -> new RAdam(0.1, 0.9, 1, 1e-8, 0, false)));
  }

  private static Arguments refused(String message, ThrowingCallable construction) {
    return Arguments.of(message, construction);
  }

  @ParameterizedTest
  @MethodSource("impossible")
  void impossibleSettingsAreRefused(String message, ThrowingCallable construction) {
    assertThatThrownBy(construction)
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining(message);
  }
}
