package dev.counterpoint.core.model.position;

/** No positions: the model depends on the order of tokens only through a causal mask. */
public record NoPositions() implements PositionsConfig {
  @Override
  public Positions build(Size size) {
    return x -> x;
  }
}
