package dev.counterpoint.core.model;

import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.kernel.Torch;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * Activation checkpointing of a block: its inner activations are recomputed in the backward pass
 * instead of being kept. Memory for the activations of one block instead of all, at the cost of one
 * more forward pass (Chen et al. 2016, "Training Deep Nets with Sublinear Memory Cost").
 */
final class ActivationCheckpointing {
  private ActivationCheckpointing() {}

  /**
   * Applies a block with activation checkpointing.
   *
   * <p>The dropout of the block draws the same random numbers in the forward pass and in the
   * recomputation. They differ from the numbers drawn without checkpointing, because the generator
   * is reseeded before each block.
   *
   * @param forward applies the block; must use no parameters other than the block's
   * @param x the input of the block; no other trained computation may read it
   */
  static NDArray apply(Layer block, UnaryOperator<NDArray> forward, NDArray x) {
    List<NDArray> parameters = new ArrayList<>();
    LayerFields.visitParameters(
        block,
        (path, parameter) -> {
          if (parameter.trainable()) {
            parameters.add(parameter.value());
          }
        });
    return Torch.checkpoint(forward, x, parameters);
  }
}
