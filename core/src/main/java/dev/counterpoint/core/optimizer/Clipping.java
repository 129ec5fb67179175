package dev.counterpoint.core.optimizer;

import dev.counterpoint.core.parameter.Gradients;
import org.jspecify.annotations.Nullable;

/**
 * Gradient clipping: first by the global norm, then by value.
 *
 * @param norm the largest global 2-norm, or null
 * @param value the largest absolute value, or null
 */
public record Clipping(@Nullable Double norm, @Nullable Double value) {
  /**
   * Multiplies the gradients by a factor and clips them.
   *
   * @return their 2-norm after the multiplication and before the clipping
   */
  public double scaleAndClip(Gradients gradients, double factor) {
    double before =
        gradients.scaleAndClipNorm(factor, norm == null ? Double.POSITIVE_INFINITY : norm);
    if (value != null) {
      gradients.clipValue(value);
    }
    return before;
  }
}
