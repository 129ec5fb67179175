package dev.counterpoint.core.optimizer;

import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.kernel.Kernel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * Input of one optimizer update: the parameters of a group that have a gradient. All lists have the
 * same order.
 *
 * @param parameters parameter values, to be updated in place
 * @param gradients gradients, already averaged and clipped
 * @param slots optimizer state by slot name
 * @param learningRate learning rate of this group at this step
 * @param weightDecay weight decay of this group
 */
public record Update(
    List<NDArray> parameters,
    List<NDArray> gradients,
    Map<String, List<NDArray>> slots,
    double learningRate,
    double weightDecay) {
  /**
   * The state arrays of one slot, to be updated in place.
   *
   * @throws IllegalArgumentException if the optimizer does not declare the slot
   */
  public List<NDArray> slot(String name) {
    List<NDArray> arrays = slots.get(name);
    if (arrays == null) {
      throw new IllegalArgumentException(
          "Unknown optimizer slot " + name + "; declared slots: " + slots.keySet() + ".");
    }
    return arrays;
  }

  /**
   * Runs the function {@code update} of a built-in kernel. Its arguments are the parameters, the
   * gradients, the arrays of all slots in the order of {@link OptimizerConfig#slots}, the learning
   * rate and the given settings.
   */
  public void run(String kernel, Object... settings) {
    run(kernel, "update", List.copyOf(slots.keySet()), settings);
  }

  /**
   * Runs a function of a built-in kernel. Its arguments are the parameters, the gradients, the
   * arrays of the slots (an empty list for a slot that is not declared), the learning rate and the
   * given settings.
   */
  public void run(String kernel, String function, List<String> names, Object... settings) {
    List<Object> arguments = new ArrayList<>(List.of(parameters, gradients));
    names.forEach(name -> arguments.add(slots.getOrDefault(name, List.of())));
    arguments.add(learningRate);
    arguments.addAll(Arrays.asList(settings));
    Kernel.load(kernel).run(function, arguments.toArray());
  }
}
