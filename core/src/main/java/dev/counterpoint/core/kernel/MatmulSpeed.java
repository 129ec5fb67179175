package dev.counterpoint.core.kernel;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;

/** How fast the engine multiplies matrices, which is most of what training does. */
public final class MatmulSpeed {
  private static final long ENOUGH_NANOSECONDS = 500_000_000;

  /** Divided by the size, as many products that the casts before them do not count. */
  private static final long CHAIN = 16 * 1024;

  private MatmulSpeed() {}

  /**
   * The best of chains of products, each twice as long as the one before, that are begun within
   * half a second, in 10⁹ operations a second; a product of matrices of n by n is n³
   * multiplications and as many additions.
   *
   * @param size n
   */
  public static double gigaflops(Device device, Precision precision, int size) {
    try (NDManager manager = Torch.newManager(device);
        Torch.Recording off = Torch.noGradients()) {
      NDArray x = manager.randomUniform(-1, 1, new Shape(size, size), DataType.FLOAT32);
      NDArray identity = manager.eye(size);
      double operations = 2.0 * size * size * size;
      long longest = Math.max(2, CHAIN / size);
      double best = 0;
      long begin = System.nanoTime();
      for (long times = 1;
          System.nanoTime() - begin < ENOUGH_NANOSECONDS;
          times = Math.min(2 * times, longest)) {
        best = Math.max(best, times * operations / time(x, identity, precision, times));
      }
      return best;
    }
  }

  private static long time(NDArray x, NDArray identity, Precision precision, long times) {
    Kernel kernel = Kernel.load("product_speed", precision.constants());
    long begin = System.nanoTime();
    kernel.compute("chain", x, identity, times);
    return System.nanoTime() - begin;
  }
}
