package dev.counterpoint.core.metric;

/** Whether lower ({@code min}) or higher ({@code max}) values of a metric are better. */
public enum Mode {
  MIN,
  MAX;

  /**
   * Returns whether {@code value} is better than {@code than} by more than a margin. NaN is never
   * better; any other value is better than NaN.
   */
  public boolean better(double value, double than, double margin) {
    double gain = this == MIN ? than - value : value - than;
    return Double.isNaN(than) ? !Double.isNaN(value) : gain > margin;
  }
}
