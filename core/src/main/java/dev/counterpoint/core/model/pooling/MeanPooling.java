package dev.counterpoint.core.model.pooling;

import dev.counterpoint.core.kernel.operator.Functional;

/** Mean of the token vectors that are not padding. */
public record MeanPooling() implements PoolingConfig {
  /** The pooling; it has no settings. */
  public static MeanPooling defaults() {
    return new MeanPooling();
  }

  @Override
  public Pooling build(int width) {
    return (x, mask) -> mask == null ? x.mean(new int[] {1}) : Functional.maskedMean(x, mask);
  }
}
