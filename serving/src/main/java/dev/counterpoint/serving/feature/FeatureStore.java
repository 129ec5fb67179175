package dev.counterpoint.serving.feature;

import dev.counterpoint.core.data.FeatureView;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Finds the features of entities for predictions. Thread-safe. */
public interface FeatureStore extends AutoCloseable {
  /**
   * Looks up the newest features of entities. The future completes within the timeout of the store;
   * its dependent stages must not block.
   *
   * @param keys the entities, each once
   * @return the rows that exist, or {@link FeaturesUnavailable}
   */
  CompletableFuture<Features> getFeatures(List<EntityKey> keys, FeatureView view);

  @Override
  void close();

  /** A store that fails each lookup, used if no store is configured. */
  static FeatureStore none() {
    return new FeatureStore() {
      @Override
      public CompletableFuture<Features> getFeatures(List<EntityKey> keys, FeatureView view) {
        return CompletableFuture.failedFuture(
            new FeaturesUnavailable("no feature store is configured", null));
      }

      @Override
      public void close() {}
    };
  }
}
