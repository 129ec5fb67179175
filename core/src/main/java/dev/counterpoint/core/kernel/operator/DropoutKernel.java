package dev.counterpoint.core.kernel.operator;

import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.kernel.Kernel;
import java.util.Map;

/**
 * Dropout during training: {@code torch.nn.functional.dropout}.
 *
 * <p>Differs from PyTorch in the random numbers, here and in all kernels with dropout: a CPU uses
 * 16 random bits per element, so the probability is rounded to a multiple of 1/65536 and is at most
 * 65535/65536. The bits are the same on every CPU; a GPU draws different ones.
 */
public final class DropoutKernel {
  private DropoutKernel() {}

  /**
   * Sets random elements to 0 and scales the others so that the mean is preserved.
   *
   * @param x (...)
   * @param probability probability that an element becomes 0: greater than 0 and less than 1
   * @return same shape as x
   */
  public static NDArray apply(NDArray x, double probability) {
    return Kernel.load("dropout", Map.of("dropout", probability)).apply(x).get(0);
  }
}
