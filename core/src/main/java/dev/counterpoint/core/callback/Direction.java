package dev.counterpoint.core.callback;

/** Which of two values of a measure is the better one. */
enum Direction {
  LOWER,
  HIGHER;

  /** Losses and perplexity are better lower, all other measures higher. */
  static Direction of(String metric) {
    return metric.equals("loss") || metric.equals("perplexity") ? LOWER : HIGHER;
  }

  /** Whether a value is better than another by more than a margin; a NaN is never better. */
  boolean better(double value, double than, double margin) {
    double gain = this == LOWER ? than - value : value - than;
    return Double.isNaN(than) ? !Double.isNaN(value) : gain > margin;
  }
}
