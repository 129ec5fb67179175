package dev.counterpoint.runner.plan;

import dev.counterpoint.core.callback.Callback;
import dev.counterpoint.core.callback.StepReport;
import dev.counterpoint.core.callback.StopSignal;
import dev.counterpoint.core.callback.TrainingStart;
import java.util.ArrayList;
import java.util.List;

/**
 * Measures the time from each step of a training to the next, and stops the training when the steps
 * after the warm-up have taken long enough.
 */
final class TimedTraining implements Callback {
  private static final double WARM_UP = 3; // seconds
  private static final int WARM_UP_STEPS = 2;
  private static final int MIN_STEPS = 3;

  private final StopSignal stop;
  private final double seconds;
  private final long stepsPerEpoch;
  private final List<Step> steps = new ArrayList<>();
  private long last;
  private double warmUp;
  private long warmUpSteps;
  private double measured;

  /**
   * A measured step.
   *
   * @param step the number of the step, from 1
   */
  record Step(long step, double seconds) {}

  /**
   * Creates a measurement.
   *
   * @param seconds the time to measure after the warm-up
   */
  TimedTraining(StopSignal stop, double seconds, long stepsPerEpoch) {
    this.stop = stop;
    this.seconds = seconds;
    this.stepsPerEpoch = stepsPerEpoch;
  }

  @Override
  public void onStart(TrainingStart start) {
    last = System.nanoTime();
  }

  @Override
  public void onStep(StepReport report) {
    long now = System.nanoTime();
    double taken = (now - last) * 1e-9;
    last = now;
    boolean followsSave = report.step() > 1 && (report.step() - 1) % stepsPerEpoch == 0;
    if (warmUpSteps < WARM_UP_STEPS || warmUp < WARM_UP) {
      warmUp += taken;
      warmUpSteps++;
    } else if (!followsSave) { // a checkpoint at the end of the epoch
      steps.add(new Step(report.step(), taken));
      measured += taken;
      if (measured >= seconds && steps.size() >= MIN_STEPS) {
        stop.interrupt("the time was measured");
      }
    }
  }

  /** The time since the last step, in seconds. */
  double sinceLastStep() {
    return (System.nanoTime() - last) * 1e-9;
  }

  /** The steps after the warm-up. */
  List<Step> steps() {
    return steps;
  }

  /** The mean of the steps after the warm-up, in seconds; of all if there are none after it. */
  double mean() {
    return steps.isEmpty() ? warmUp / Math.max(1, warmUpSteps) : measured / steps.size();
  }

  /** The time of the warm-up minus the time of the same number of later steps, in seconds. */
  double warmUpExcess() {
    return Math.max(0, warmUp - warmUpSteps * mean());
  }
}
