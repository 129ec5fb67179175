package dev.counterpoint.core.schedule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Compares the learning rates of each schedule over a hundred steps with those of Hugging Face and
 * PyTorch.
 */
final class TorchReferenceTest {
  private static final OneCycle CYCLE = OneCycle.defaults();

  static Stream<Arguments> schedules() {
    return Stream.of(
        Arguments.of("linear_warmup10_total100", new Linear(0.1), 1e-3, 100),
        Arguments.of("linear_warmup0_total100", Linear.defaults(), 1e-3, 100),
        Arguments.of("linear_warmup5_total50", new Linear(0.1), 1e-3, 50),
        Arguments.of("cosine_warmup10_total100", new Cosine(0.1, 0.5), 1e-3, 100),
        Arguments.of(
            "cosine_restarts_warmup10_total100_cycles3", new CosineRestarts(0.1, 3), 1e-3, 100),
        Arguments.of(
            "polynomial_warmup10_total100_power2", new Polynomial(0.1, 2, 1e-7), 1e-3, 100),
        Arguments.of("constant_warmup10", new Constant(0.1), 1e-3, 100),
        Arguments.of("inverse_sqrt_warmup10", new InverseSqrt(0.1, null), 1e-3, 100),
        Arguments.of("step_size30_gamma0.1", new Step(30, 0.1), 0.1, 100),
        Arguments.of(
            "multistep_20_50_80_gamma0.5", new MultiStep(List.of(20, 50, 80), 0.5), 0.1, 100),
        Arguments.of("exponential_gamma0.95", new Exponential(0.95), 0.1, 100),
        Arguments.of("cosine_annealing_T100_min1e-5", new CosineAnnealing(null, 1e-5), 0.1, 100),
        Arguments.of(
            "cosine_annealing_restarts_T10_mult2", new CosineAnnealingRestarts(10, 2, 0), 0.1, 100),
        Arguments.of("onecycle_max0.1_total100_cos", CYCLE, 0.1, 100),
        Arguments.of(
            "onecycle_max0.1_total100_linear",
            new OneCycle(0.3, OneCycle.Shape.LINEAR, 25, 1e4, false),
            0.1,
            100),
        Arguments.of(
            "onecycle_max0.1_total100_three_phase",
            new OneCycle(0.3, OneCycle.Shape.COSINE, 25, 1e4, true),
            0.1,
            100));
  }

  @ParameterizedTest
  @MethodSource("schedules")
  void learningRatesEqualTheReference(String name, Schedule schedule, double base, long totalSteps)
      throws IOException {
    JsonNode expected = reference(name);

    for (int step = 1; step <= expected.size(); step++) {
      assertThat(schedule.learningRate(base, step, totalSteps))
          .as("%s, step %d", name, step)
          .isEqualTo(expected.get(step - 1).asDouble(), within(1e-12));
    }
  }

  private static JsonNode reference(String name) throws IOException {
    try (InputStream in =
        TorchReferenceTest.class.getResourceAsStream("/reference/optim/schedules.json")) {
      return new ObjectMapper().readTree(in).get(name).get("lr");
    }
  }
}
