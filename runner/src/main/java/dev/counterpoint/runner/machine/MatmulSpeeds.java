package dev.counterpoint.runner.machine;

import ai.djl.Device;
import dev.counterpoint.core.kernel.MatmulSpeed;
import dev.counterpoint.core.kernel.Precision;

/**
 * The best matrix products of this machine, in 10⁹ operations a second.
 *
 * @param float32 with factors in float32
 * @param bfloat16 with factors in bfloat16
 */
public record MatmulSpeeds(double float32, double bfloat16) {
  private static final int SIZE = 1024;

  /** Takes a second or somewhat more. */
  public static MatmulSpeeds measure(Device device) {
    return new MatmulSpeeds(
        MatmulSpeed.gigaflops(device, Precision.FLOAT32, SIZE),
        MatmulSpeed.gigaflops(device, Precision.BFLOAT16, SIZE));
  }

  /** That of a precision. */
  public double of(Precision precision) {
    return precision == Precision.FLOAT32 ? float32 : bfloat16;
  }

  /** How many times as fast as float32 bfloat16 is. */
  public double gain() {
    return bfloat16 / float32;
  }
}
