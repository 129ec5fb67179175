package dev.counterpoint.core.kernel.operator;

import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.kernel.Kernel;
import java.util.Map;

/**
 * {@code torch.nn.functional.dropout} while training.
 *
 * <p>Here, and wherever a kernel drops, a processor spends 16 random bits on a number; ours differs
 * in that: the probability is rounded to a 65536th, and is 65535 of them at most. The bits are the
 * same on every processor (a GPU draws others).
 */
public final class DropoutKernel {
  private DropoutKernel() {}

  /**
   * Drops numbers, and scales the others so that the mean stays.
   *
   * @param x (...)
   * @param probability of a number to become 0: more than 0, less than 1
   * @return as x
   */
  public static NDArray apply(NDArray x, double probability) {
    return Kernel.load("dropout", Map.of("dropout", probability)).apply(x).get(0);
  }
}
