package dev.counterpoint.runner.machine;

import ai.djl.Device;
import dev.counterpoint.core.kernel.MatmulSpeed;
import dev.counterpoint.core.kernel.Precision;

/**
 * Peak matmul speed of this machine in GFLOP/s, by precision.
 *
 * @param float32 the speed with float32 operands
 * @param bfloat16 the speed with bfloat16 operands
 */
public record MatmulSpeeds(double float32, double bfloat16) {
  private static final int SIZE = 1024;

  /** Measures the speeds on a device; takes 1 to 2 seconds. */
  public static MatmulSpeeds measure(Device device) {
    return new MatmulSpeeds(
        MatmulSpeed.gigaflops(device, Precision.FLOAT32, SIZE),
        MatmulSpeed.gigaflops(device, Precision.BFLOAT16, SIZE));
  }

  /** The speed of bfloat16 divided by that of float32. */
  public double gain() {
    return bfloat16 / float32;
  }
}
