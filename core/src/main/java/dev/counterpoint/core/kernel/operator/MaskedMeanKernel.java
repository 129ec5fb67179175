package dev.counterpoint.core.kernel.operator;

import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.kernel.Kernel;

/** Mean pooling of token vectors, excluding padding. */
public final class MaskedMeanKernel {
  private MaskedMeanKernel() {}

  /**
   * The mean over the tokens that are not padding.
   *
   * @param x (batch, tokens, width)
   * @param mask (batch, tokens), 1 for a token and 0 for padding
   * @return (batch, width)
   */
  public static NDArray mean(NDArray x, NDArray mask) {
    return Kernel.load("masked_mean").apply(x, mask).get(0);
  }
}
