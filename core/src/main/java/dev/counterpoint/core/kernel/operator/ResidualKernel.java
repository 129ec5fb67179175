package dev.counterpoint.core.kernel.operator;

import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.kernel.Kernel;
import java.util.Map;

/** Residual connection (He et al. 2016) with dropout on the added array, in one call. */
public final class ResidualKernel {
  private ResidualKernel() {}

  /**
   * Computes x + dropout(part).
   *
   * @param x (...)
   * @param part same shape as x
   * @param dropout dropout probability; 0 outside of training
   */
  public static NDArray add(NDArray x, NDArray part, double dropout) {
    return Kernel.load("residual", Map.of("dropout", dropout)).apply(x, part).get(0);
  }
}
