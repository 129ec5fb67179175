package dev.counterpoint.core.schedule;

/**
 * Linear warmup from 0, used by many schedules. It is configured as a fraction of the run's
 * updates; a fractional number of updates is rounded up, as for Hugging Face's {@code
 * warmup_ratio}.
 */
record Warmup(long steps) {
  /** Creates the warmup over a fraction (0 to 1) of all updates. */
  static Warmup of(double fraction, long totalSteps) {
    return new Warmup((long) Math.ceil(fraction * totalSteps));
  }

  /**
   * Whether an update is part of the warmup.
   *
   * @param completed updates before this one
   */
  boolean covers(long completed) {
    return completed < steps;
  }

  /**
   * The factor of the learning rate at an update of the warmup: at least 0 and less than 1.
   *
   * @param completed updates before this one
   */
  double factor(long completed) {
    return (double) completed / steps;
  }

  /**
   * The completed fraction of the updates after the warmup: 0 to 1.
   *
   * @param completed updates before this one
   */
  double progress(long completed, long totalSteps) {
    return Math.min(1, (double) (completed - steps) / Math.max(1, totalSteps - steps));
  }
}
