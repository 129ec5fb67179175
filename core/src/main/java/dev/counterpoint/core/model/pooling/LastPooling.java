package dev.counterpoint.core.model.pooling;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;

/** Vector of the last token before the padding at the end. */
public record LastPooling() implements PoolingConfig {
  @Override
  public Pooling build(int width) {
    return (x, mask) -> {
      if (mask == null) {
        return x.get(":, -1");
      }
      // The last token is the one at which the number of tokens so far, and no padding, is largest.
      NDArray count = mask.sum(new int[] {1}, true); // (batch, 1)
      NDArray last = mask.cumSum(1).eq(count).toType(DataType.FLOAT32, false).mul(mask);
      return x.mul(last.expandDims(2)).sum(new int[] {1});
    };
  }
}
