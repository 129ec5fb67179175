package dev.counterpoint.core.metric;

/**
 * Means, variances, covariance and errors of pairs (prediction, target), accumulated in double
 * precision without cancellation and merged exactly (Chan, Golub and LeVeque 1979).
 */
final class Moments {
  /** The length of {@link #state}. */
  static final int SIZE = 9;

  private double count;
  private double meanOutput;
  private double meanTarget;
  private double squaresOutput; // sums of squared deviations from the mean
  private double squaresTarget;
  private double products;
  private double absoluteErrors;
  private double squaredErrors;
  private double relativeErrors;

  void add(double output, double target) {
    double error = output - target;
    double absolute = Math.abs(error);
    double relative = absolute / Math.max(Math.abs(target), Math.ulp(1.0)); // as scikit-learn
    merge(new double[] {1, output, target, 0, 0, 0, absolute, error * error, relative}, 0);
  }

  /** Adds the pairs of a state that begins at an index of an array. */
  void merge(double[] state, int from) {
    double more = state[from];
    if (more == 0) {
      return;
    }
    double total = count + more;
    double output = state[from + 1] - meanOutput;
    double target = state[from + 2] - meanTarget;
    double weight = count * more / total;
    meanOutput += output * more / total;
    meanTarget += target * more / total;
    squaresOutput += state[from + 3] + output * output * weight;
    squaresTarget += state[from + 4] + target * target * weight;
    products += state[from + 5] + output * target * weight;
    absoluteErrors += state[from + 6];
    squaredErrors += state[from + 7];
    relativeErrors += state[from + 8];
    count = total;
  }

  double[] state() {
    return new double[] {
      count,
      meanOutput,
      meanTarget,
      squaresOutput,
      squaresTarget,
      products,
      absoluteErrors,
      squaredErrors,
      relativeErrors
    };
  }

  double meanAbsoluteError() {
    return absoluteErrors / count;
  }

  double meanSquaredError() {
    return squaredErrors / count;
  }

  double meanAbsolutePercentageError() {
    return relativeErrors / count;
  }

  /**
   * Coefficient of determination; NaN for fewer than two pairs. If all targets are equal, 1 if all
   * predictions are correct and else 0, as in scikit-learn.
   */
  double r2() {
    if (count < 2) {
      return Double.NaN;
    }
    if (squaresTarget == 0) {
      return squaredErrors > 0 ? 0 : 1 - squaredErrors;
    }
    return 1 - squaredErrors / squaresTarget;
  }

  /** Correlation of predictions and targets; NaN if all predictions or all targets are equal. */
  double pearson() {
    double r = products / Math.sqrt(squaresOutput) / Math.sqrt(squaresTarget);
    return Math.max(-1, Math.min(1, r));
  }
}
