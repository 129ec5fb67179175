package dev.counterpoint.core.optimizer;

import ai.djl.ndarray.NDArray;
import java.util.List;
import java.util.Map;

/**
 * The parameters of one group that got a gradient in this step, each list in the same order.
 *
 * @param parameters to be changed in place
 * @param gradients of the loss, already divided and clipped
 * @param slots what the rule remembers, by slot name
 * @param learningRate of this group at this step
 * @param weightDecay of this group
 */
public record Update(
    List<NDArray> parameters,
    List<NDArray> gradients,
    Map<String, List<NDArray>> slots,
    double learningRate,
    double weightDecay) {
  /** The arrays of one slot, to be changed in place. */
  public List<NDArray> slot(String name) {
    List<NDArray> arrays = slots.get(name);
    if (arrays == null) {
      throw new IllegalArgumentException(
          "The rule declares no slot " + name + ", only " + slots.keySet() + ".");
    }
    return arrays;
  }
}
