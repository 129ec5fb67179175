package dev.counterpoint.runner.machine;

import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.parameter.Parameter;
import java.util.Locale;
import java.util.Optional;

/** Whether {@code training.precision: bfloat16} is worth asking for. */
public final class Bfloat16Advice {
  /** Narrower products spend on casts what they gain: seen with a width of 64. */
  private static final long WIDE_ENOUGH = 128;

  /** Less is eaten by the casts. */
  private static final double WORTH_IT = 1.2;

  private Bfloat16Advice() {}

  /** What it promises on this machine, in a sentence. */
  public static String of(Processor processor, MatmulSpeeds speeds) {
    String hardware =
        processor.bfloat16() == null
            ? "unknown whether in hardware"
            : processor.bfloat16() ? "in hardware" : "not in hardware";
    double gain = speeds.gain();
    return gain > WORTH_IT
        ? String.format(
            Locale.ROOT,
            "%s; precision bfloat16 is up to %.1f times as fast, for widths of %d and more",
            hardware,
            gain,
            WIDE_ENOUGH)
        : String.format(
            Locale.ROOT,
            "%s; precision bfloat16 would not be faster (its products are %.1f times as fast)",
            hardware,
            gain);
  }

  /** Why a model would gain nothing by it on this processor, if so. */
  public static Optional<String> against(BaseModel model, Processor processor) {
    if (Boolean.FALSE.equals(processor.bfloat16())) {
      return Optional.of(
          "This processor has no bfloat16 in hardware: precision float32 would be faster.");
    }
    long width = model.parameters().stream().mapToLong(Bfloat16Advice::width).max().orElse(0);
    return width < WIDE_ENOUGH
        ? Optional.of(
            "This model is too small to gain by bfloat16 (its widest product is of "
                + width
                + "; from "
                + WIDE_ENOUGH
                + " on it pays): precision float32 would be as fast.")
        : Optional.empty();
  }

  /** The smaller side of a matrix. */
  private static long width(Parameter parameter) {
    return parameter.shape().dimension() == 2
        ? Math.min(parameter.shape().get(0), parameter.shape().get(1))
        : 0;
  }
}
