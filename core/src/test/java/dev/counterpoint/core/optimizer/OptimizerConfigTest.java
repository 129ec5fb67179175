package dev.counterpoint.core.optimizer;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.counterpoint.core.settings.InvalidSettings;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

final class OptimizerConfigTest {
  static Stream<Arguments> invalid() {
    return Stream.of(
        rejected("learningRate 0 must be", () -> new Sgd(0, 0, 0, 0, false)),
        rejected("nesterov true requires a momentum", () -> new Sgd(0.1, 0, 0, 0, true)),
        rejected("dampening 2 must be", () -> new Sgd(0.1, 0.9, 2, 0, false)),
        rejected("beta1 1 must be", () -> new Adam(0.1, 1, 0.9, 1e-8, 0, false)),
        rejected("beta2 -1 must be", () -> new AdamW(0.1, 0.9, -1, 1e-8, 0, false)),
        rejected("epsilon NaN must be", () -> new AdamW(0.1, 0.9, 0.9, Double.NaN, 0, false)),
        rejected("alpha 2 must be", () -> new RmsProp(0.1, 2, 1e-8, 0, 0, false)),
        rejected("learningRateDecay -1 must be", () -> new Adagrad(0.1, -1, 0, 0, 1e-10)),
        rejected("rho 2 must be", () -> new Adadelta(1, 2, 1e-6, 0)),
        rejected("weightDecay -1 must be", () -> new Adamax(0.1, 0.9, 0.9, 1e-8, -1)),
        rejected("momentumDecay -1 must be", () -> new NAdam(0.1, 0.9, 0.9, 1e-8, 0, -1, false)),
        rejected("beta2 1 must be", () -> new RAdam(0.1, 0.9, 1, 1e-8, 0, false)));
  }

  private static Arguments rejected(String message, ThrowingCallable construction) {
    return Arguments.of(message, construction);
  }

  @ParameterizedTest
  @MethodSource("invalid")
  void invalidSettingsAreRejected(String message, ThrowingCallable construction) {
    assertThatThrownBy(construction)
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining(message);
  }
}
