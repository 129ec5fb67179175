package dev.counterpoint.runner.report;

import dev.counterpoint.core.callback.StepReport;
import java.util.OptionalDouble;

/**
 * Exponential moving averages of loss and speed over the latest steps. The time constant of the
 * speed is in seconds of step time, not of wall-clock time.
 */
final class RecentSteps {
  /** Time constant of speed and time left, in seconds. */
  private static final double SECONDS = 15;

  /** Time constant of the loss, in steps. */
  private static final double LOSS_STEPS = 10;

  /** Seconds of steps that are needed to estimate the time left. */
  private static final double MIN_SECONDS = 3;

  /** Steps after the first that are needed to estimate the time left. */
  private static final int MIN_STEPS = 2;

  private long count;
  private double examples;
  private double steps;
  private double seconds;
  private double loss;
  private double weight;

  /**
   * Adds a step. The speed excludes the first step, which takes longer than any other because of
   * compilation and first allocations.
   */
  void add(StepReport report) {
    double lossDecay = Math.exp(-1 / LOSS_STEPS);
    loss = loss * lossDecay + report.loss() * report.weight();
    weight = weight * lossDecay + report.weight();
    if (count > 0) {
      double decay = Math.exp(-report.seconds() / SECONDS);
      examples = examples * decay + report.examples();
      steps = steps * decay + 1;
      seconds = seconds * decay + report.seconds();
    }
    count++;
  }

  /** Returns the weighted mean loss of the latest steps. */
  double loss() {
    return loss / weight;
  }

  /** Returns the speed; empty before the second step. */
  OptionalDouble examplesPerSecond() {
    return count > 1 ? OptionalDouble.of(examples / seconds) : OptionalDouble.empty();
  }

  /** Returns the estimated time of further steps, in seconds; empty before enough was measured. */
  OptionalDouble secondsFor(long remainingSteps) {
    return count > MIN_STEPS && seconds >= MIN_SECONDS
        ? OptionalDouble.of(remainingSteps * seconds / steps)
        : OptionalDouble.empty();
  }
}
