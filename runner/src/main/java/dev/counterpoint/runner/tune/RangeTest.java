package dev.counterpoint.runner.tune;

import dev.counterpoint.core.callback.Callback;
import dev.counterpoint.core.callback.StepReport;
import dev.counterpoint.core.callback.StopSignal;
import dev.counterpoint.core.schedule.Schedule;
import dev.counterpoint.core.settings.Checks;
import dev.counterpoint.core.training.failure.NotFiniteException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;

/**
 * Learning-rate range test (Smith 2015, "Cyclical Learning Rates for Training Neural Networks"):
 * trains with a learning rate that grows exponentially from step to step. The suggestion is the
 * learning rate at which the smoothed loss falls fastest over the logarithm of the learning rate,
 * as in fastai and Lightning.
 *
 * @param min the learning rate of the first step
 * @param max the learning rate of the last step
 * @param steps the number of steps
 */
public record RangeTest(double min, double max, int steps) {
  private static final double SMOOTHING = 0.9; // of the exponential moving average
  private static final double DIVERGED = 4; // times the lowest loss
  private static final double DECREASE = 0.98; // of the first loss, below which it has decreased
  private static final int HALF_WINDOW = 3; // steps to each side, for the slope

  public RangeTest {
    new Checks()
        .positive("min", min)
        .that(min < max, "max", max, "must be greater than min")
        .atLeast("steps", steps, 4 * HALF_WINDOW)
        .verify();
  }

  /** From 1e-7 to 1 in 100 steps. */
  public static RangeTest defaults() {
    return new RangeTest(1e-7, 1, 100);
  }

  /**
   * One step.
   *
   * @param smoothed the exponential moving average of the losses, corrected for its start at 0
   */
  public record Point(double learningRate, double loss, double smoothed) {}

  /**
   * Trains with all learning rates, or until the loss diverges.
   *
   * @param stop ends the test early
   */
  public List<Point> run(Probe probe, StopSignal stop) {
    double base = probe.training().optimizer().learningRate();
    new Checks().positive("training.optimizer.learningRate", base).verify();
    // Parameter groups keep their ratio to the learning rate of the optimizer.
    Schedule schedule = (each, step, total) -> each / base * learningRate(step);
    List<Point> points = new ArrayList<>();
    Callback recorder =
        new Callback() {
          private double average;

          @Override
          public void onStep(StepReport report) {
            average = SMOOTHING * average + (1 - SMOOTHING) * report.loss();
            double smoothed = average / (1 - Math.pow(SMOOTHING, (double) report.step()));
            points.add(new Point(report.learningRate(), report.loss(), smoothed));
            if (smoothed > DIVERGED * lowest(points)) {
              stop.request("the loss diverges");
            }
          }
        };
    try {
      probe.train(steps, Map.of("schedule", schedule), stop, recorder);
    } catch (NotFiniteException e) {
      // The last learning rates are too high; the points before are the result.
    }
    return points;
  }

  private double learningRate(long step) {
    return min * Math.pow(max / min, (step - 1.0) / (steps - 1));
  }

  private static double lowest(List<Point> points) {
    return points.stream().mapToDouble(Point::smoothed).min().orElseThrow();
  }

  /**
   * The smoothed loss below which a decrease is not noise: the mean minus one standard deviation of
   * the first quarter of the losses, whose learning rates are too small for an effect.
   */
  private static double decreased(List<Point> points) {
    List<Point> first = points.subList(0, points.size() / 4 + 1);
    double mean = first.stream().mapToDouble(Point::loss).average().orElseThrow();
    double variance =
        first.stream().mapToDouble(it -> Math.pow(it.loss() - mean, 2)).average().orElseThrow();
    return Math.min(DECREASE * mean, mean - Math.sqrt(variance));
  }

  /** The suggested learning rate; empty if the loss does not decrease. */
  public static OptionalDouble suggestion(List<Point> points) {
    double steepest = 0;
    OptionalDouble suggestion = OptionalDouble.empty();
    if (points.isEmpty() || lowest(points) > decreased(points)) {
      return suggestion;
    }
    for (int i = HALF_WINDOW; i + HALF_WINDOW < points.size(); i++) {
      double slope =
          points.get(i + HALF_WINDOW).smoothed() - points.get(i - HALF_WINDOW).smoothed();
      if (slope < steepest) {
        steepest = slope;
        suggestion = OptionalDouble.of(points.get(i).learningRate());
      }
    }
    return suggestion;
  }
}
