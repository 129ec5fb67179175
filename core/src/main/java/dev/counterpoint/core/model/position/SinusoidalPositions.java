package dev.counterpoint.core.model.position;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import dev.counterpoint.core.settings.Checks;

/**
 * Sinusoidal positions (Vaswani et al. 2017, section 3.5): features 2i and 2i + 1 of position p are
 * sin and cos of p / base^(2i / width). They have no parameters.
 *
 * @param base the base of the wavelengths
 * @param scale factor of the vectors. In the paper it is 1, and token embeddings are multiplied by
 *     sqrt(width); here token embeddings start with a standard deviation of 0.02
 */
public record SinusoidalPositions(double base, double scale) implements PositionsConfig {
  public SinusoidalPositions {
    new Checks().positive("base", base).positive("scale", scale).verify();
  }

  /** Base 10,000, and vectors with the root mean square of the token embeddings, 0.02. */
  public static SinusoidalPositions defaults() {
    return new SinusoidalPositions(10_000, 0.0283);
  }

  @Override
  public Positions build(Size size) {
    int width = size.width();
    new Checks().that(width % 2 == 0, "model.width", width, "must be even for sinusoids").verify();
    return x -> x.add(table(x));
  }

  /** The vectors for the tokens of x: (tokens, width). */
  private NDArray table(NDArray x) {
    long tokens = x.getShape().get(1);
    int width = (int) x.getShape().get(2);
    NDArray angles = RotaryPositions.angles(x.getManager(), tokens, width, base);
    NDList waves = new NDList(angles.sin(), angles.cos()); // (tokens, width / 2) each
    return NDArrays.stack(waves, 2).reshape(tokens, width).mul((float) scale);
  }
}
