package dev.counterpoint.runner.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

final class MeasurementTest {
  private static final Measurement OWN = measured(new double[][] {{1, 3}, {2, 2}, {8, 4}});
  private static final Measurement OTHER = measured(new double[][] {{4, 4}, {4, 4}, {4, 4}});

  private static Measurement measured(double[][] turns) {
    return new Measurement(Contender.Kind.BARE, turns, OptionalLong.empty());
  }

  @Test
  void theMedianIsOverAllSteps() {
    assertThat(OWN.median()).isEqualTo(2.5);
  }

  @Test
  void aQuantileLiesBetweenItsNeighbours() {
    assertThat(OWN.quantile(0)).isEqualTo(1);
    assertThat(OWN.quantile(0.1)).isCloseTo(1.5, within(1e-12));
    assertThat(OWN.quantile(1)).isEqualTo(8);
  }

  @Test
  void theRatioIsTheMedianOfThoseOfTheTurns() {
    assertThat(OWN.ratioTo(OTHER)).isEqualTo(0.5); // of 0.5, 0.5 and 1.5
  }

  @Test
  void theBoundIsOneThatTheMedianOfASampleSeldomPasses() {
    assertThat(OWN.boundTo(OTHER)).isEqualTo(1.5);
    assertThat(OTHER.boundTo(OTHER)).isEqualTo(1);
  }
}
