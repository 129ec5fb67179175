package dev.counterpoint.core.model.head;

import dev.counterpoint.core.model.UnaryLayer;

/**
 * Settings of the output layer of a transformer: {@code model.head} in a run file. An
 * implementation is a record.
 */
@FunctionalInterface
public interface HeadConfig {
  /**
   * Creates the output layer of a model: (..., width) to logits (..., outputs). A classifier
   * applies it to one vector per example, a language model to each token. Its parameters are named
   * {@code head}.
   */
  UnaryLayer build(Size size);

  /**
   * Sizes of the layer.
   *
   * @param width input features
   * @param outputs number of classes, targets or tokens of the vocabulary
   * @param hasBias whether the last layer has a bias; false for a language model
   */
  record Size(int width, int outputs, boolean hasBias) {}
}
