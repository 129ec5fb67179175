package dev.counterpoint.core.model.pooling;

/** Vector of the first token, such as {@code [CLS]}. */
public record FirstPooling() implements PoolingConfig {
  @Override
  public Pooling build(int width) {
    return (x, mask) -> x.get(":, 0");
  }
}
