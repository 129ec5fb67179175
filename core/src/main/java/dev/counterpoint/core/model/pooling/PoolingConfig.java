package dev.counterpoint.core.model.pooling;

/**
 * Settings of the pooling of a text classifier: {@code model.pooling} in a run file. An
 * implementation is a record.
 */
@FunctionalInterface
public interface PoolingConfig {
  /**
   * Creates the pooling of a model.
   *
   * @param width features per token
   */
  Pooling build(int width);
}
