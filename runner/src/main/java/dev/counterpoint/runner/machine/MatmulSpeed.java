package dev.counterpoint.runner.machine;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.counterpoint.core.kernel.Torch;

/** How fast the engine multiplies float32 matrices, which is most of what training does. */
final class MatmulSpeed {
  private static final int SIZE = 1024;
  private static final long ENOUGH_NANOSECONDS = 250_000_000;

  private MatmulSpeed() {}

  /**
   * The best of the multiplications that fit in a quarter of a second, in 10⁹ operations a second;
   * n³ multiplications and as many additions each.
   */
  static double gigaflops(Device device) {
    try (NDManager manager = Torch.newManager(device);
        Torch.Recording off = Torch.noGradients()) {
      Shape square = new Shape(SIZE, SIZE);
      NDArray left = manager.randomUniform(-1, 1, square, DataType.FLOAT32);
      NDArray right = manager.randomUniform(-1, 1, square, DataType.FLOAT32);
      long best = Long.MAX_VALUE;
      long begin = System.nanoTime();
      do {
        best = Math.min(best, once(left, right));
      } while (System.nanoTime() - begin < ENOUGH_NANOSECONDS);
      return 2.0 * SIZE * SIZE * SIZE / best;
    }
  }

  private static long once(NDArray left, NDArray right) {
    long begin = System.nanoTime();
    try (NDArray product = left.matMul(right);
        NDArray corner = product.get("0, 0")) {
      corner.toFloatArray(); // waits for a GPU
    }
    return System.nanoTime() - begin;
  }
}
