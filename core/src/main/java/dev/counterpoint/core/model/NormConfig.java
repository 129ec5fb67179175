package dev.counterpoint.core.model;

/**
 * Settings of the normalization layers of a transformer: {@code model.norm} in a run file. An
 * implementation is a record.
 */
@FunctionalInterface
public interface NormConfig {
  /**
   * Creates one normalization layer: (..., width) to the same shape.
   *
   * @param width features per token
   */
  UnaryLayer build(int width);
}
