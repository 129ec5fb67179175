package dev.counterpoint.runner.comparison;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Map;
import java.util.TreeMap;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

/** Intervals of {@code scipy.stats.ttest_ind} and {@code ttest_rel}. */
final class DifferenceTest {
  private static final Offset<Double> CLOSE = within(1e-8);

  /** Values of the seeds from the given one on. */
  private static Map<Long, Double> seeds(long first, double... values) {
    Map<Long, Double> seeds = new TreeMap<>();
    for (double value : values) {
      seeds.put(first + seeds.size(), value);
    }
    return seeds;
  }

  @Test
  void otherSeedsAreComparedByWelchsInterval() {
    Difference difference =
        Difference.of(seeds(1, 0.80, 0.82, 0.79, 0.81), seeds(11, 0.84, 0.83, 0.87)).orElseThrow();

    assertThat(difference.paired()).isFalse();
    assertThat(difference.difference()).isCloseTo(0.0416666666667, CLOSE);
    assertThat(difference.degrees()).isCloseTo(3.145760336370001, CLOSE);
    assertThat(difference.low()).isCloseTo(-0.0006329133575645948, CLOSE);
    assertThat(difference.high()).isCloseTo(0.08396624669089786, CLOSE);
    assertThat(difference.isSignificant()).isFalse();
    assertThat(difference.seeds()).hasValue(4); // scipy.stats.nct: power 0.60 with 3, 0.81 with 4
  }

  @Test
  void equalSeedsAreComparedInPairs() {
    Difference difference =
        Difference.of(seeds(1, 0.80, 0.82, 0.79, 0.81), seeds(1, 0.82, 0.83, 0.81, 0.84))
            .orElseThrow();

    assertThat(difference.paired()).isTrue();
    assertThat(difference.degrees()).isEqualTo(3);
    assertThat(difference.difference()).isCloseTo(0.02, CLOSE);
    assertThat(difference.low()).isCloseTo(0.007007717363748913, CLOSE);
    assertThat(difference.high()).isCloseTo(0.03299228263625101, CLOSE);
    assertThat(difference.seeds()).hasValue(4); // scipy.stats.nct: power 0.60 with 3, 0.89 with 4
    assertThat(difference.isSignificant()).isTrue();
  }

  @Test
  void oneSeedHasNoDeviation() {
    assertThat(Difference.of(seeds(1, 0.8), seeds(1, 0.9, 0.8))).isEmpty();
  }

  @Test
  void equalMeansNeedMoreSeedsThanAnyoneTrains() {
    Difference difference = Difference.of(seeds(1, 0.8, 0.9), seeds(11, 0.8, 0.9)).orElseThrow();

    assertThat(difference.seeds()).isEmpty();
    assertThat(difference.isSignificant()).isFalse();
  }

  @Test
  void valuesWithoutDeviationAreNotJudged() {
    Difference difference =
        Difference.of(seeds(1, 0.1, 0.1, 0.1), seeds(11, 0.9, 0.9)).orElseThrow();

    assertThat(difference.difference()).isCloseTo(0.8, CLOSE);
    assertThat(difference.low()).isNaN();
    assertThat(difference.seeds()).isEmpty();
    assertThat(difference.isSignificant()).isFalse();
    assertThat(difference.describe()).contains("+0.8", "cannot be judged");
  }

  @Test
  void pairsThatDifferByTheSameNumberUpToRoundingAreNotJudged() {
    Difference difference = // 0.3 - 0.2 and 0.9 - 0.8 are different numbers
        Difference.of(seeds(1, 0.2, 0.8), seeds(1, 0.3, 0.9)).orElseThrow();

    assertThat(difference.difference()).isCloseTo(0.1, CLOSE);
    assertThat(difference.isSignificant()).isFalse();
  }
}
