package dev.counterpoint.core.metric;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.data.DataSpec;
import dev.counterpoint.core.data.TargetScale;
import dev.counterpoint.core.settings.InvalidSettings;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Metrics of predicted numbers: outputs (batch) or (batch, targets), and one label for each number,
 * float32 or int64. With several targets, each value is the mean over the targets, as with {@code
 * multioutput="uniform_average"} in {@code sklearn.metrics}. Values are in the unit of the targets.
 * Memory is constant.
 */
public final class RegressionMetrics {
  private RegressionMetrics() {}

  /** The number of targets of an example. */
  static int targets(NDArray output) {
    Shape shape = output.getShape();
    return shape.dimension() < 2 ? 1 : (int) (shape.size() / shape.get(0));
  }

  /** Requires one label for each number of the output, as the regression losses do. */
  static void check(NDArray output, Batch batch) {
    Shape labels = batch.labels().getShape();
    if (labels.size() != output.size() || labels.get(0) != output.getShape().get(0)) {
      throw new InvalidSettings(
          "Regression metrics need one label per output value, but the labels have"
              + " shape %s and the output has shape %s.",
          labels, output.getShape());
    }
  }

  static double[] numbers(NDArray array) {
    return array.toType(DataType.FLOAT64, false).toDoubleArray(); // device-to-host synchronization
  }

  /** Settings of a metric that is computed from the moments of each target. */
  interface OfMoments extends NamedMetric {
    double of(Moments moments);

    @Override
    default Mode mode() {
      return Mode.MIN;
    }

    @Override
    default Metric create(DataSpec data) {
      return new OverTargets(this, data.scale(), new ArrayList<>());
    }
  }

  /** The state of each process is the number of targets and the moments of each. */
  private record OverTargets(OfMoments metric, @Nullable TargetScale scale, List<Moments> moments)
      implements Metric {
    @Override
    public void check(NDArray output, Batch batch) {
      RegressionMetrics.check(output, batch);
    }

    @Override
    public void add(NDArray output, Batch batch) {
      check(output, batch);
      double[] outputs = numbers(output);
      double[] labels = numbers(batch.labels());
      int targets = targets(output);
      for (int i = 0; i < outputs.length; i++) {
        int target = i % targets;
        target(moments, target).add(value(target, outputs[i]), value(target, labels[i]));
      }
    }

    private double value(int target, double number) {
      return scale == null ? number : scale.value(target, number);
    }

    private static Moments target(List<Moments> moments, int index) {
      if (index == moments.size()) {
        moments.add(new Moments());
      }
      return moments.get(index);
    }

    @Override
    public boolean concatenates() {
      return true;
    }

    @Override
    public double[] sums() {
      double[] state = new double[1 + moments.size() * Moments.SIZE];
      state[0] = moments.size();
      for (int i = 0; i < moments.size(); i++) {
        System.arraycopy(moments.get(i).state(), 0, state, 1 + i * Moments.SIZE, Moments.SIZE);
      }
      return state;
    }

    @Override
    public Map<String, Double> values(double[] states) {
      List<Moments> all = new ArrayList<>();
      for (int at = 0; at < states.length; ) {
        int targets = (int) states[at++];
        for (int i = 0; i < targets; i++, at += Moments.SIZE) {
          target(all, i).merge(states, at);
        }
      }
      double mean = all.stream().mapToDouble(metric::of).average().orElse(Double.NaN);
      return Map.of(metric.name(), mean);
    }

    @Override
    public Optional<Mode> mode(String name) {
      return Optional.of(metric.mode());
    }
  }

  /** Mean absolute error: {@code mean_absolute_error}. */
  public record Mae() implements OfMoments {
    @Override
    public double of(Moments moments) {
      return moments.meanAbsoluteError();
    }
  }

  /** Mean squared error: {@code mean_squared_error}. */
  public record Mse() implements OfMoments {
    @Override
    public double of(Moments moments) {
      return moments.meanSquaredError();
    }
  }

  /** Root mean squared error: {@code root_mean_squared_error}. */
  public record Rmse() implements OfMoments {
    @Override
    public double of(Moments moments) {
      return Math.sqrt(moments.meanSquaredError());
    }
  }

  /** Mean absolute percentage error, 0.1 for 10 %: {@code mean_absolute_percentage_error}. */
  public record Mape() implements OfMoments {
    @Override
    public double of(Moments moments) {
      return moments.meanAbsolutePercentageError();
    }
  }

  /** Coefficient of determination: {@code r2_score}; NaN for fewer than two examples. */
  public record R2() implements OfMoments {
    @Override
    public double of(Moments moments) {
      return moments.r2();
    }

    @Override
    public Mode mode() {
      return Mode.MAX;
    }
  }

  /**
   * Pearson correlation: {@code scipy.stats.pearsonr}; NaN if all predictions or all labels are
   * equal.
   */
  public record Pearson() implements OfMoments {
    @Override
    public double of(Moments moments) {
      return moments.pearson();
    }

    @Override
    public Mode mode() {
      return Mode.MAX;
    }
  }
}
