package dev.counterpoint.core.model.position;

/** No positions: a model without them depends on the order of tokens only by a causal mask. */
public record NoPositions() implements PositionsConfig {
  /** No positions; there are no settings. */
  public static NoPositions defaults() {
    return new NoPositions();
  }

  @Override
  public Positions build(Size size) {
    return x -> x;
  }
}
