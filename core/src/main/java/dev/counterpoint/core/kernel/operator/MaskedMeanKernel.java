package dev.counterpoint.core.kernel.operator;

import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.kernel.Kernel;

/** The mean of the vectors of an item's tokens. */
public final class MaskedMeanKernel {
  private MaskedMeanKernel() {}

  /**
   * The mean over the tokens that are there.
   *
   * @param x (batch, tokens, width)
   * @param mask (batch, tokens), 1 for a token and 0 for padding
   * @return (batch, width)
   */
  public static NDArray mean(NDArray x, NDArray mask) {
    return Kernel.load("masked_mean").apply(x, mask).get(0);
  }
}
