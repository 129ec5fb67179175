package dev.counterpoint.core.model.pooling;

import ai.djl.ndarray.NDArray;

/** Maximum of each feature over the tokens that are not padding. */
public record MaxPooling() implements PoolingConfig {
  private static final float LARGE = 1e30f; // subtracted from padding

  @Override
  public Pooling build(int width) {
    return (x, mask) -> {
      NDArray counted = mask == null ? x : x.add(mask.sub(1).mul(LARGE).expandDims(2));
      return counted.max(new int[] {1});
    };
  }
}
