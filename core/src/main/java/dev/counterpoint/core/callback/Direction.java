package dev.counterpoint.core.callback;

/** Whether lower or higher values of a metric are better. */
enum Direction {
  LOWER,
  HIGHER;

  /** Returns {@link #LOWER} for loss and perplexity, {@link #HIGHER} for all other metrics. */
  static Direction of(String metric) {
    return metric.equals("loss") || metric.equals("perplexity") ? LOWER : HIGHER;
  }

  /**
   * Returns whether {@code value} is better than {@code than} by more than a margin. NaN is never
   * better; any other value is better than NaN.
   */
  boolean better(double value, double than, double margin) {
    double gain = this == LOWER ? than - value : value - than;
    return Double.isNaN(than) ? !Double.isNaN(value) : gain > margin;
  }
}
