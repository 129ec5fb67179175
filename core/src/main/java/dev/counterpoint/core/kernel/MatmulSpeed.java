package dev.counterpoint.core.kernel;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;

/** Benchmark of the engine's matrix multiplication, which dominates the cost of training. */
public final class MatmulSpeed {
  private static final long TIME_LIMIT_NANOSECONDS = 500_000_000;

  /**
   * Matrix size times maximum number of chained products; long chains make the cost of the initial
   * casts negligible.
   */
  private static final long MAX_CHAIN = 16 * 1024;

  private MatmulSpeed() {}

  /**
   * The highest measured speed of matrix multiplication in GFLOP/s. Chains of products are timed
   * for half a second, each twice as long as the previous one, up to a maximum. A product of two n
   * by n matrices counts as n³ multiplications and n³ additions.
   *
   * @param size n
   */
  public static double gigaflops(Device device, Precision precision, int size) {
    try (NDManager manager = Torch.newManager(device);
        Torch.Recording noGradients = Torch.noGradients()) {
      NDArray x = manager.randomUniform(-1, 1, new Shape(size, size), DataType.FLOAT32);
      NDArray identity = manager.eye(size);
      double operations = 2.0 * size * size * size;
      long maxTimes = Math.max(2, MAX_CHAIN / size);
      double best = 0;
      long start = System.nanoTime();
      for (long times = 1;
          System.nanoTime() - start < TIME_LIMIT_NANOSECONDS;
          times = Math.min(2 * times, maxTimes)) {
        best = Math.max(best, times * operations / time(x, identity, precision, times));
      }
      return best;
    }
  }

  private static long time(NDArray x, NDArray identity, Precision precision, long times) {
    Kernel kernel = Kernel.load("product_speed", precision.constants());
    long start = System.nanoTime();
    kernel.compute("chain", x, identity, times);
    return System.nanoTime() - start;
  }
}
