package dev.counterpoint.core.model.position;

/**
 * Settings of the positions of a transformer: {@code model.positions} in a run file. An
 * implementation is a record.
 */
@FunctionalInterface
public interface PositionsConfig {
  /** Creates the positions of a model; one object for all blocks. */
  Positions build(Size size);

  /**
   * Sizes of the model.
   *
   * @param width features per token
   * @param heads number of attention heads; divides the width
   * @param maxLength maximum number of tokens per example
   */
  record Size(int width, int heads, int maxLength) {}
}
