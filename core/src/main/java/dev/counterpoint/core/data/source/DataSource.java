package dev.counterpoint.core.data.source;

import java.io.IOException;

/**
 * Source of a run's examples: the {@code data:} section of a run file. An implementation is a
 * record of its settings.
 */
public interface DataSource {
  /**
   * Opens the data and returns its splits.
   *
   * @throws dev.counterpoint.core.settings.InvalidSettings if the data is invalid, such as a
   *     missing file or a malformed row
   */
  DataSplits open(DataContext context) throws IOException;

  /**
   * Whether the thresholds of the labels are tuned on the validation split after training: {@link
   * dev.counterpoint.core.metric.MultiLabelClassification.F1Thresholds}.
   */
  default boolean tunesThresholds() {
    return false;
  }
}
