package dev.counterpoint.serving.feature;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** Finds the features that entities had at given times. Thread-safe. */
public interface FeatureHistory {
  /** An entity and the time whose features are requested. */
  record Moment(EntityKey key, Instant time) {}

  /**
   * The names of all views with features.
   *
   * @throws FeaturesUnavailable if the store cannot be read
   */
  List<String> views();

  /**
   * The columns of a view in the order in which they were added; empty if the view does not exist.
   *
   * @throws FeaturesUnavailable if the store cannot be read
   */
  List<String> columns(String view);

  /**
   * Returns for each moment the newest row at or before it.
   *
   * @throws FeaturesUnavailable if the store cannot be read
   */
  List<Optional<FeatureRow>> at(String view, List<Moment> moments);
}
