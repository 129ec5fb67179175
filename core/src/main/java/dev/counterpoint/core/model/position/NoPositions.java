package dev.counterpoint.core.model.position;

/** No positions: a model without them depends on the order of tokens only by a causal mask. */
public record NoPositions() implements PositionsConfig {
  @Override
  public Positions build(Size size) {
    return x -> x;
  }
}
