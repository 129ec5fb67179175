package dev.counterpoint.core.snapshot;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import dev.counterpoint.core.parameter.Gradients;
import dev.counterpoint.core.settings.Formats;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/** Records the first inspected array that contains NaN or infinite values. */
final class FiniteCheck {
  private Optional<String> first = Optional.empty();

  void inspect(String description, NDArray array) {
    if (first.isEmpty() && array.getDataType() != DataType.INT64) {
      long nan = count(array.isNaN());
      long infinite = count(array.isInfinite());
      if (nan + infinite > 0) {
        first =
            Optional.of(
                Formats.of(
                    "%s: %,d of %,d values are NaN and %,d are infinite",
                    description, nan, array.size(), infinite));
      }
    }
  }

  /** Inspects gradients from the last parameter to the first, as the backward pass does. */
  void inspectInBackwardOrder(Gradients gradients) {
    List<Gradients.Gradient> reversed = new ArrayList<>(gradients.all());
    Collections.reverse(reversed);
    reversed.forEach(
        gradient -> inspect("gradient of " + gradient.parameter().name(), gradient.array()));
  }

  private static long count(NDArray flags) {
    try (flags;
        NDArray integers = flags.toType(DataType.INT64, false);
        NDArray sum = integers.sum()) {
      return sum.getLong();
    }
  }

  Optional<String> first() {
    return first;
  }
}
