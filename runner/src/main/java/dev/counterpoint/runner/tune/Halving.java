package dev.counterpoint.runner.tune;

import dev.counterpoint.core.metric.Mode;
import dev.counterpoint.core.settings.Checks;
import java.util.List;

/**
 * Synchronous successive halving (Jamieson and Talwalkar 2016): all trials are trained for a few
 * steps; the best of them are trained {@code factor} times as long, and so on; the last ones to the
 * end.
 *
 * @param steps the steps of the first round
 * @param factor of how many trials one is in the next round, and the growth of the steps
 */
public record Halving(int steps, int factor) {
  /** A single round. */
  static final Halving NONE = new Halving(1, Integer.MAX_VALUE);

  public Halving {
    new Checks().positive("steps", steps).atLeast("factor", factor, 2).verify();
  }

  public static Halving defaults() {
    return new Halving(100, 3);
  }

  /** The steps of a round, counted from 0. */
  long stepsOf(int round) {
    return (long) (steps * Math.pow(factor, round));
  }

  /**
   * The numbers of the trials of the next round, ascending: one of {@code factor} trials, rounded
   * up, without trials that have no value.
   *
   * @param results the end of all trials of a round
   */
  List<Integer> survivors(List<Journal.Result> results, Mode mode) {
    return results.stream()
        .sorted(Journal.Result.bestFirst(mode))
        .limit((results.size() + factor - 1) / factor)
        .filter(it -> it.value() != null)
        .map(Journal.Result::trial)
        .sorted()
        .toList();
  }
}
