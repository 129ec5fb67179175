package dev.counterpoint.runner.comparison;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Values of {@code scipy.stats.t}. */
final class StudentTTest {

  @ParameterizedTest
  @CsvSource({
    "1, 0.975, 12.706204736174694",
    "1, 0.8, 1.3763819204711736",
    "4, 0.975, 2.7764451051977987",
    "4, 0.8, 0.9409645772351816",
    "6.29, 0.975, 2.4198236998121176",
    "10, 0.975, 2.2281388519649385",
    "1000, 0.975, 1.9623390808264078",
    "1000000, 0.975, 1.959966356814107"
  })
  void quantile(double degrees, double probability, double expected) {
    assertThat(new StudentT(degrees).quantile(probability)).isCloseTo(expected, within(1e-6));
  }

  @ParameterizedTest
  @CsvSource({"3, 1, 0.8044988905221147", "3, -1, 0.1955011094778853", "8, 0, 0.5"})
  void probability(double degrees, double t, double expected) {
    assertThat(new StudentT(degrees).probability(t)).isCloseTo(expected, within(1e-12));
  }
}
