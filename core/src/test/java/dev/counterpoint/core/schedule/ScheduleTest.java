package dev.counterpoint.core.schedule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.counterpoint.core.settings.InvalidSettings;
import java.util.List;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

final class ScheduleTest {
  static Stream<Arguments> invalid() {
    return Stream.of(
        rejected("warmup 1.5 must be from 0 to 1", () -> new Linear(1.5)),
        rejected("warmup -0.1 must be from 0 to 1", () -> new Constant(-0.1)),
        rejected("cycles 0 must be greater than 0", () -> new Cosine(0, 0)),
        rejected("cycles 0 must be 1 or greater", () -> new CosineRestarts(0, 0)),
        rejected("power 0 must be greater than 0", () -> new Polynomial(0, 0, 0)),
        rejected("timescale 0 must be greater than 0", () -> new InverseSqrt(0, 0)),
        rejected("size 0 must be greater than 0", () -> new Step(0, 0.1)),
        rejected("milestones [] must", () -> new MultiStep(List.of(), 0.1)),
        rejected("gamma 0 must be greater than 0", () -> new Exponential(0)),
        rejected("period 0 must be greater than 0", () -> new CosineAnnealing(0, 0)),
        rejected("multiplier 0 must be", () -> new CosineAnnealingRestarts(10, 0, 0)),
        rejected(
            "rise 0.6 must be at most 0.5",
            () -> new OneCycle(0.6, OneCycle.Shape.COSINE, 25, 1e4, true)));
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

  static Stream<Schedule> defaults() {
    return Stream.of(
        Constant.defaults(),
        Linear.defaults(),
        Cosine.defaults(),
        CosineRestarts.defaults(),
        Polynomial.defaults(),
        InverseSqrt.defaults(),
        CosineAnnealing.defaults(),
        OneCycle.defaults());
  }

  @ParameterizedTest
  @MethodSource("defaults")
  void runOfOneStepHasAFiniteLearningRate(Schedule schedule) {
    assertThat(schedule.learningRate(0.1, 1, 1)).isBetween(0.0, 0.1);
  }

  @Test
  void fractionalNumberOfWarmupStepsIsRoundedUp() {
    Schedule schedule = new Constant(0.25);

    assertThat(schedule.learningRate(0.3, 1, 10)).isZero();
    assertThat(schedule.learningRate(0.3, 2, 10)).isEqualTo(0.1, within(1e-12));
    assertThat(schedule.learningRate(0.3, 4, 10)).isEqualTo(0.3);
  }

  @Test
  void learningRateFallsToZeroAndStaysThere() {
    assertThat(new Linear(0.1).learningRate(0.1, 101, 100)).isZero();
    assertThat(new Cosine(0.1, 0.5).learningRate(0.1, 150, 100)).isZero();
    assertThat(new Polynomial(0.1, 2, 1e-7).learningRate(0.1, 150, 100)).isEqualTo(1e-7);
  }

  @Test
  void learningRateBelowTheEndOfAPolynomialIsConstant() {
    Schedule schedule = new Polynomial(0, 1, 1e-3);

    assertThat(schedule.learningRate(0, 50, 100)).isZero();
    assertThat(schedule.learningRate(1e-4, 50, 100)).isEqualTo(1e-4);
  }

  @Test
  void oneCycleWithARiseOfOneStepStartsAtTheMaximum() {
    Schedule schedule = new OneCycle(0.1, OneCycle.Shape.COSINE, 25, 1e4, false);

    assertThat(schedule.learningRate(0.1, 1, 10)).isEqualTo(0.1, within(1e-12));
  }
}
