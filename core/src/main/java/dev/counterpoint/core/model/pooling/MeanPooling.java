package dev.counterpoint.core.model.pooling;

import dev.counterpoint.core.kernel.operator.Functional;

/** Mean of the token vectors that are not padding. */
public record MeanPooling() implements PoolingConfig {
  @Override
  public Pooling build(int width) {
    return (x, mask) -> mask == null ? x.mean(new int[] {1}) : Functional.maskedMean(x, mask);
  }
}
