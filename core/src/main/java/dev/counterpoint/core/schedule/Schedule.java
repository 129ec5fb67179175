package dev.counterpoint.core.schedule;

/**
 * A learning-rate schedule: one function from step to rate, the {@code schedule:} of a run file. An
 * implementation is a record of its settings.
 */
@FunctionalInterface
public interface Schedule {
  /**
   * The rate of one optimizer update.
   *
   * @param learningRate the optimizer's (or the group's) own
   * @param step the update, counted from 1
   * @param totalSteps updates of the whole run
   */
  double rate(double learningRate, long step, long totalSteps);
}
