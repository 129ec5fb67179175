package dev.counterpoint.runner.machine;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.counterpoint.core.kernel.ForwardScope;
import dev.counterpoint.core.kernel.Torch;
import java.util.Random;
import java.util.function.IntToDoubleFunction;

/**
 * Self-check of the engine against double-precision results in Java: the matrix product {@code AB},
 * and the gradient of {@code sum((AB)²) / 2} with respect to {@code A}, which is {@code AB Bᵀ}.
 *
 * @param productError the maximum absolute error of the product, whose entries are of magnitude 1
 *     to 10
 * @param gradientError the maximum absolute error of the gradient, whose entries are of magnitude
 *     10 to 100
 */
public record SelfCheck(double productError, double gradientError) {
  private static final int SIZE = 17; // not a multiple of a SIMD vector length

  static SelfCheck run(Device device) {
    Random random = new Random(17);
    float[] left = uniform(random);
    float[] right = uniform(random);
    double[] product = product(i -> left[i], right, false);
    double[] gradient = product(i -> product[i], right, true);
    try (NDManager manager = Torch.newManager(device);
        ForwardScope scope = new ForwardScope();
        Torch.Recording recording = Torch.recordGradients()) {
      Shape square = new Shape(SIZE, SIZE);
      NDArray a = manager.create(left, square);
      NDArray b = manager.create(right, square);
      a.setRequiresGradient(true);
      NDArray ab = a.matMul(b);
      Torch.backward(ab.square().sum().div(2));
      return new SelfCheck(
          maxError(ab.toFloatArray(), product), maxError(a.getGradient().toFloatArray(), gradient));
    }
  }

  /** Whether both errors are within float32 rounding for sums of this length. */
  public boolean agrees() {
    return productError < 1e-4 && gradientError < 1e-3;
  }

  private static float[] uniform(Random random) {
    float[] values = new float[SIZE * SIZE];
    for (int i = 0; i < values.length; i++) {
      values[i] = 2 * random.nextFloat() - 1;
    }
    return values;
  }

  private static double[] product(
      IntToDoubleFunction left, float[] right, boolean transposesRight) {
    double[] product = new double[SIZE * SIZE];
    for (int row = 0; row < SIZE; row++) {
      for (int column = 0; column < SIZE; column++) {
        for (int k = 0; k < SIZE; k++) {
          float factor = right[transposesRight ? column * SIZE + k : k * SIZE + column];
          product[row * SIZE + column] += left.applyAsDouble(row * SIZE + k) * factor;
        }
      }
    }
    return product;
  }

  /** The maximum absolute difference; NaN if a value is NaN. */
  private static double maxError(float[] actual, double[] expected) {
    double max = 0;
    for (int i = 0; i < actual.length; i++) {
      max = Math.max(max, Math.abs(actual[i] - expected[i]));
    }
    return max;
  }
}
