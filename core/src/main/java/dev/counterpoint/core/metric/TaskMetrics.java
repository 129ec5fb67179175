package dev.counterpoint.core.metric;

import dev.counterpoint.core.data.DataSpec;

/**
 * The metrics that the data source supplies, such as accuracy and F1 of text classification: the
 * entry {@code task} of {@code metrics:}, and its default.
 */
public record TaskMetrics() implements MetricConfig {
  /**
   * Not supported: {@code DataSplits.withMetrics} replaces this entry with the metrics of the data.
   */
  @Override
  public Metric create(DataSpec data) {
    throw new UnsupportedOperationException("The data source creates the metrics of a task.");
  }
}
