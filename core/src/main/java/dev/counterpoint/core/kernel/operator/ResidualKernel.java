package dev.counterpoint.core.kernel.operator;

import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.kernel.Kernel;
import java.util.Map;

/** A residual connection (He et al. 2016) with dropout on what is added, in one call. */
public final class ResidualKernel {
  private ResidualKernel() {}

  /**
   * x + dropout(part).
   *
   * @param x (...)
   * @param part as x
   * @param dropout the part of the numbers that is dropped; 0 outside of training
   */
  public static NDArray add(NDArray x, NDArray part, double dropout) {
    return Kernel.load("residual", Map.of("dropout", dropout)).apply(x, part).get(0);
  }
}
