package dev.counterpoint.core.kernel.operator;

import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.kernel.Kernel;
import dev.counterpoint.core.kernel.Precision;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Linear transformation in either precision: {@code torch.nn.functional.linear}. */
public final class LinearKernel {
  private LinearKernel() {}

  /**
   * Computes x W^T + b.
   *
   * @param x (..., inputs)
   * @param weight (outputs, inputs)
   * @param bias (outputs), or null
   * @return (..., outputs), float32
   */
  public static NDArray apply(
      NDArray x, NDArray weight, @Nullable NDArray bias, Precision precision) {
    Map<String, Object> constants = precision.constants();
    return bias == null
        ? Kernel.load("linear_without_bias", constants).apply(x, weight).get(0)
        : Kernel.load("linear", constants).apply(x, weight, bias).get(0);
  }
}
