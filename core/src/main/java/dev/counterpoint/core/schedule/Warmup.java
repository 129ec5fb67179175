package dev.counterpoint.core.schedule;

import java.util.function.DoubleUnaryOperator;

/**
 * Linear warmup from 0, used by many schedules. It is configured as a fraction of the run's
 * updates; a fractional number of updates is rounded up, as for Hugging Face's {@code
 * warmup_ratio}.
 *
 * @param steps the updates of the warmup
 * @param completed the updates before the current one
 */
record Warmup(long steps, long completed, long totalSteps) {
  /**
   * Creates the warmup at an update.
   *
   * @param fraction the fraction (0 to 1) of all updates that it takes
   * @param step the number of the update, from 1
   */
  static Warmup at(long step, double fraction, long totalSteps) {
    return new Warmup((long) Math.ceil(fraction * totalSteps), step - 1, totalSteps);
  }

  /**
   * The learning rate of the update.
   *
   * @param afterwards returns the learning rate after the warmup for the completed fraction, 0 to
   *     1, of its updates
   */
  double learningRate(double base, DoubleUnaryOperator afterwards) {
    return completed < steps
        ? base * ((double) completed / steps)
        : afterwards.applyAsDouble(
            Math.min(1, (double) (completed - steps) / Math.max(1, totalSteps - steps)));
  }
}
