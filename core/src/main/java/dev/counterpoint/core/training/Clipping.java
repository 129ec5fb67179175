package dev.counterpoint.core.training;

import dev.counterpoint.core.parameter.Gradients;
import org.jspecify.annotations.Nullable;

/**
 * What makes gradients smaller before an update: first by their norm, then by value.
 *
 * @param norm the largest global 2-norm, or null
 * @param value the largest absolute value, or null
 */
record Clipping(@Nullable Double norm, @Nullable Double value) {
  /**
   * Multiplies the gradients by a factor, and clips them.
   *
   * @return the 2-norm between the two
   */
  double scaleAndClip(Gradients gradients, double factor) {
    double before =
        gradients.scaleAndClipNorm(factor, norm == null ? Double.POSITIVE_INFINITY : norm);
    if (value != null) {
      gradients.clipValue(value);
    }
    return before;
  }
}
