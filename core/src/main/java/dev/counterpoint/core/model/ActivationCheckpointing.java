package dev.counterpoint.core.model;

import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.kernel.Torch;
import dev.counterpoint.core.parameter.Parameter;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * Blocks whose inner arrays are made again in the backward pass instead of being kept: memory for
 * one block instead of all, for one more forward pass (Chen et al. 2016, "Training Deep Nets with
 * Sublinear Memory Cost").
 */
final class ActivationCheckpointing {
  private ActivationCheckpointing() {}

  /**
   * Applies a block.
   *
   * <p>Its dropout draws the same numbers both times, and others than it draws without this class,
   * as the generator is seeded anew before each block.
   *
   * @param forward applies the block, and uses no parameter but the block's
   * @param x what the block reads; nothing else that is trained may read it
   */
  static NDArray of(Layer block, UnaryOperator<NDArray> forward, NDArray x) {
    List<NDArray> trained = new ArrayList<>();
    LayerFields.visit(block, "", (path, parameter) -> addTrained(parameter, trained), (p, l) -> {});
    return Torch.recomputed(forward, x, trained);
  }

  private static void addTrained(Parameter parameter, List<NDArray> trained) {
    if (parameter.trainable()) {
      trained.add(parameter.value());
    }
  }
}
