package dev.counterpoint.runner.plan;

import java.util.List;

/**
 * The measured times of a part of a training.
 *
 * @param start seconds from the start of the process until data and model were ready
 * @param steps the measured steps: after the warm-up, without those that follow a checkpoint
 * @param mean the mean seconds of a measured step; of all steps if none was measured
 * @param done the number of all steps
 * @param validations the number of validations with the whole split
 * @param validation the mean seconds of such a validation; 0 without one
 * @param checkpoints the number of checkpoints
 * @param checkpoint seconds for the last checkpoint
 */
public record Timing(
    double start,
    List<Step> steps,
    double mean,
    long done,
    long validations,
    double validation,
    long checkpoints,
    double checkpoint) {

  /**
   * A measured step.
   *
   * @param step the number of the step, from 1
   */
  public record Step(long step, double seconds) {}
}
