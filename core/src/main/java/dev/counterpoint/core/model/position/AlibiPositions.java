package dev.counterpoint.core.model.position;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;

/**
 * Attention with linear biases, ALiBi (Press, Smith and Lewis 2022): the score of a query and a key
 * is reduced by their distance times a slope of the head. They have no parameters. In attention
 * that is not causal, which the paper does not have, keys after the query are reduced in the same
 * way.
 */
public record AlibiPositions() implements PositionsConfig {
  @Override
  public Positions build(Size size) {
    float[] slopes = slopes(size.heads());
    return new RelativePositions() {
      @Override
      public NDArray bias(NDArray x) {
        NDArray position = x.getManager().arange((float) x.getShape().get(1)); // (tokens)
        NDArray distance = position.expandDims(0).sub(position.expandDims(1)).abs();
        NDArray slope = x.getManager().create(slopes, new Shape(slopes.length, 1, 1));
        return distance.neg().mul(slope); // (heads, queries, keys)
      }
    };
  }

  /**
   * The slopes of the paper's code: 2^(-8 / n), 2^(-16 / n) and so on for a power of two n. For any
   * other number of heads, those of the next lower power, then every second one of its double.
   */
  private static float[] slopes(int heads) {
    int power = Integer.highestOneBit(heads);
    float[] slopes = new float[heads];
    for (int i = 0; i < heads; i++) {
      double exponent = i < power ? 8.0 * (i + 1) / power : 4.0 * (2 * (i - power) + 1) / power;
      slopes[i] = (float) Math.pow(2, -exponent);
    }
    return slopes;
  }
}
