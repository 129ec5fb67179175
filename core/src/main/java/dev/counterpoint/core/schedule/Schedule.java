package dev.counterpoint.core.schedule;

/**
 * Learning-rate schedule: a function from step to learning rate, the {@code schedule:} section of a
 * run file. An implementation is a record of its settings.
 */
@FunctionalInterface
public interface Schedule {
  /**
   * The learning rate of one optimizer update.
   *
   * @param base learning rate of the optimizer or of the parameter group
   * @param step the update, counted from 1
   * @param totalSteps number of updates in the whole run
   */
  double learningRate(double base, long step, long totalSteps);
}
