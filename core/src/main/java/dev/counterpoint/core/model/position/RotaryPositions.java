package dev.counterpoint.core.model.position;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.counterpoint.core.kernel.operator.Functional;
import dev.counterpoint.core.settings.Checks;

/**
 * Rotary positions (Su et al. 2021, "RoFormer"): in each head, features 2i and 2i + 1 of queries
 * and keys are rotated by the angle p / base^(2i / headWidth) at position p. As in {@code RoFormer}
 * of Hugging Face, and unlike in its {@code Llama}, a pair consists of neighboring features. They
 * have no parameters.
 *
 * @param base the base of the wavelengths
 */
public record RotaryPositions(double base) implements PositionsConfig {
  public RotaryPositions {
    new Checks().positive("base", base).verify();
  }

  /** Base 10,000, as in the paper. */
  public static RotaryPositions defaults() {
    return new RotaryPositions(10_000);
  }

  @Override
  public Positions build(Size size) {
    int headWidth = size.width() / size.heads();
    new Checks()
        .that(headWidth % 2 == 0, "the width of a head", headWidth, "must be even for rotation")
        .verify();
    return new RelativePositions() {
      @Override
      public NDArray rotate(NDArray x) {
        NDArray angles = angles(x.getManager(), x.getShape().get(1), headWidth, base);
        return Functional.rotate(x, angles);
      }
    };
  }

  /** The angles p / base^(2i / width) in radians: (tokens, width / 2). */
  public static NDArray angles(NDManager manager, long tokens, int width, double base) {
    float[] frequencies = new float[width / 2];
    for (int i = 0; i < frequencies.length; i++) {
      frequencies[i] = (float) Math.pow(base, -2.0 * i / width);
    }
    return manager.arange((float) tokens).expandDims(1).mul(manager.create(frequencies));
  }
}
