package dev.counterpoint.runner.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

final class MeasurementTest {
  private static final Measurement FIRST = measured(new double[][] {{1, 3}, {2, 2}, {8, 4}});
  private static final Measurement SECOND = measured(new double[][] {{4, 4}, {4, 4}, {4, 4}});

  private static Measurement measured(double[][] turns) {
    return new Measurement(Contender.Kind.BARE, turns, OptionalLong.empty());
  }

  @Test
  void medianIsOverAllSteps() {
    assertThat(FIRST.median()).isEqualTo(2.5);
  }

  @Test
  void quantileInterpolates() {
    assertThat(FIRST.quantile(0)).isEqualTo(1);
    assertThat(FIRST.quantile(10)).isCloseTo(1.5, within(1e-12));
    assertThat(FIRST.quantile(100)).isEqualTo(8);
  }

  @Test
  void ratioIsTheMedianOfThePairedRatios() {
    assertThat(FIRST.ratioTo(SECOND)).isEqualTo(0.5); // of 0.5, 0.5 and 1.5
  }

  @Test
  void boundIsTheUpperBootstrapBound() {
    assertThat(FIRST.boundTo(SECOND)).isEqualTo(1.5);
    assertThat(SECOND.boundTo(SECOND)).isEqualTo(1);
  }
}
