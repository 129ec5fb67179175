package dev.counterpoint.core.schedule;

/**
 * The straight rise from 0 that many schedules begin with. It is given as a part of the run's
 * updates; as in Hugging Face's {@code warmup_ratio}, a broken number of updates is rounded up.
 */
record Warmup(long steps) {
  /** The warm-up over a fraction (0 to 1) of all updates. */
  static Warmup of(double fraction, long totalSteps) {
    return new Warmup((long) Math.ceil(fraction * totalSteps));
  }

  /** Whether an update, counted from 0, belongs to it. */
  boolean covers(long past) {
    return past < steps;
  }

  /** The part of the rate at an update of the warm-up, counted from 0: from 0 to below 1. */
  double factor(long past) {
    return (double) past / steps;
  }

  /** How much of the updates after the warm-up lies behind an update counted from 0: 0 to 1. */
  double progress(long past, long totalSteps) {
    return Math.min(1, (double) (past - steps) / Math.max(1, totalSteps - steps));
  }
}
