package dev.counterpoint.serving.feature;

import java.io.IOException;
import java.nio.file.Path;

/** Settings of a feature store. */
public interface FeatureStoreConfig {
  /**
   * Connects to the store, and creates its tables if they do not exist.
   *
   * @param folder the folder to which relative paths refer
   * @throws FeaturesUnavailable if the store does not answer
   */
  FeatureStore open(Path folder) throws IOException;
}
