package dev.counterpoint.runner.tune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.counterpoint.core.metric.Mode;
import dev.counterpoint.core.settings.InvalidSettings;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class HalvingTest {
  private final Halving halving = new Halving(10, 3);

  private static List<Journal.Result> round(@Nullable Double... values) {
    List<Journal.Result> results = new ArrayList<>();
    for (Double value : values) {
      results.add(new Journal.Result(results.size() + 1, 0, 10, value, null));
    }
    return results;
  }

  @Test
  void eachRoundHasMoreSteps() {
    assertThat(List.of(halving.stepsOf(0), halving.stepsOf(1), halving.stepsOf(2)))
        .containsExactly(10L, 30L, 90L);
  }

  @Test
  void theBestThirdSurvives() {
    List<Journal.Result> results = round(0.6, 0.1, 0.5, 0.2, 0.4, 0.3);

    assertThat(halving.survivors(results, Mode.MIN)).containsExactly(2, 4);
    assertThat(halving.survivors(results, Mode.MAX)).containsExactly(1, 3);
  }

  @Test
  void theNumberOfSurvivorsIsRoundedUp() {
    assertThat(halving.survivors(round(0.4, 0.3, 0.2, 0.1), Mode.MIN)).containsExactly(3, 4);
  }

  @Test
  void ofEqualTrialsTheFirstSurvives() {
    List<Journal.Result> results = round(0.5, 0.2, 0.2, 0.2, 0.5, 0.5);

    assertThat(halving.survivors(results, Mode.MIN)).containsExactly(2, 3);
    assertThat(halving.survivors(results.stream().sorted((a, b) -> -1).toList(), Mode.MIN))
        .containsExactly(2, 3);
  }

  @Test
  void aTrialWithoutAValueDoesNotSurvive() {
    assertThat(halving.survivors(round(null, null, 0.9, null), Mode.MAX)).containsExactly(3);
  }

  @Test
  void aTrialThatFailsInALaterRoundIsListedLast() {
    Journal.Result early = new Journal.Result(1, 0, 10, 0.9, null);
    Journal.Result late = new Journal.Result(2, 1, 30, 1.5, null);
    Journal.Result failed = new Journal.Result(3, 1, 0, null, "out of memory");

    assertThat(Stream.of(failed, early, late).sorted(Journal.Result.bestFirst(Mode.MIN)))
        .containsExactly(late, early, failed);
  }

  @Test
  void aFactorOfOneIsRejected() {
    assertThatThrownBy(() -> new Halving(10, 1)).isInstanceOf(InvalidSettings.class);
  }
}
