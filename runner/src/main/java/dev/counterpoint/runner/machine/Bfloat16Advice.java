package dev.counterpoint.runner.machine;

import dev.counterpoint.core.kernel.Processor;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.parameter.Parameter;
import dev.counterpoint.core.settings.Formats;
import java.util.Optional;

/** Advice on whether {@code training.precision: bfloat16} makes training faster. */
public final class Bfloat16Advice {
  /** The minimum matmul width: below it, casts cost more than the gain (measured with 64). */
  private static final long MIN_WIDTH = 128;

  /** The minimum matmul speed-up; a smaller speed-up is lost to casts. */
  private static final double MIN_GAIN = 1.2;

  private Bfloat16Advice() {}

  /** A summary of the expected gain on this machine. */
  public static String of(Processor processor, MatmulSpeeds speeds) {
    String hardware =
        processor.bfloat16() == null
            ? "hardware support unknown"
            : processor.bfloat16() ? "in hardware" : "not in hardware";
    double gain = speeds.gain();
    return gain > MIN_GAIN
        ? Formats.of(
            "%s; precision bfloat16 is up to %.1f times as fast, for widths of at least %d",
            hardware, gain, MIN_WIDTH)
        : Formats.of(
            "%s; precision bfloat16 would not be faster (its matmuls are %.1f times as fast)",
            hardware, gain);
  }

  /** The reason why a model would not train faster in bfloat16 on this processor, if any. */
  public static Optional<String> against(BaseModel model, Processor processor) {
    if (Boolean.FALSE.equals(processor.bfloat16())) {
      return Optional.of(
          "This processor does not support bfloat16 in hardware; precision float32 would be"
              + " faster.");
    }
    long width = model.parameters().stream().mapToLong(Bfloat16Advice::width).max().orElse(0);
    return width < MIN_WIDTH
        ? Optional.of(
            ("This model is too small to benefit from bfloat16 (its largest matmul width is"
                    + " %s, but at least %s is needed); precision float32 would be as fast.")
                .formatted(width, MIN_WIDTH))
        : Optional.empty();
  }

  /** The smaller dimension of a matrix parameter; 0 for other parameters. */
  private static long width(Parameter parameter) {
    return parameter.shape().dimension() == 2
        ? Math.min(parameter.shape().get(0), parameter.shape().get(1))
        : 0;
  }
}
