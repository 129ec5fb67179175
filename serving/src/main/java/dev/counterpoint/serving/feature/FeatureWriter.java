package dev.counterpoint.serving.feature;

import java.util.List;

/** Adds features to a store. Thread-safe. */
public interface FeatureWriter {
  /**
   * Adds rows: all of them, or none. A row replaces an earlier one with the same entity and time. A
   * row with an earlier time than an existing one does not change the newest features.
   *
   * @param view the name of the features
   * @throws FeaturesUnavailable if the store cannot be written
   */
  void write(String view, List<FeatureRow> rows);
}
