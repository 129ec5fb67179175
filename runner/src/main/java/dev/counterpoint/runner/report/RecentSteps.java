package dev.counterpoint.runner.report;

import dev.counterpoint.core.callback.StepReport;
import java.util.OptionalDouble;

/**
 * What the latest steps were like: sums in which a step counts the less the longer it is ago, so
 * that they need no list of steps. Time is that of the steps themselves.
 */
final class RecentSteps {
  /** After so many seconds a step counts for 1/e in speed and time left. */
  private static final double SECONDS = 15;

  /** After so many steps a step counts for 1/e in the loss, whatever the steps take. */
  private static final double LOSS_STEPS = 10;

  /** Before there are so many seconds and steps, nothing is said of the time left. */
  private static final double LEAST_SECONDS = 3;

  private static final int LEAST_STEPS = 2;

  private long count;
  private double items;
  private double steps;
  private double seconds;
  private double loss;
  private double weight;

  /**
   * The first step has no part in the speed: what is compiled, allocated and touched for the first
   * time makes it longer than any other.
   */
  void add(StepReport report) {
    double lossKept = Math.exp(-1 / LOSS_STEPS);
    loss = loss * lossKept + report.loss() * report.weight();
    weight = weight * lossKept + report.weight();
    if (count > 0) {
      double kept = Math.exp(-report.seconds() / SECONDS);
      items = items * kept + report.items();
      steps = steps * kept + 1;
      seconds = seconds * kept + report.seconds();
    }
    count++;
  }

  /** The mean over what counted in the latest steps. */
  double loss() {
    return loss / weight;
  }

  /** Nothing until there is a second step. */
  OptionalDouble itemsPerSecond() {
    return count > 1 ? OptionalDouble.of(items / seconds) : OptionalDouble.empty();
  }

  /** Nothing until there is enough to go by. */
  OptionalDouble secondsFor(long stepsToCome) {
    return count > LEAST_STEPS && seconds >= LEAST_SECONDS
        ? OptionalDouble.of(stepsToCome * seconds / steps)
        : OptionalDouble.empty();
  }
}
