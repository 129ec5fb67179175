package dev.counterpoint.runner.machine;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.counterpoint.core.kernel.ForwardScope;
import dev.counterpoint.core.kernel.Torch;
import java.util.Random;

/**
 * Whether the engine computes what Java does in double precision: the product {@code AB} of two
 * matrices, and the gradient of {@code sum((AB)²) / 2} with respect to {@code A}, which is {@code
 * AB Bᵀ}.
 *
 * @param productError the largest difference between entries of the products, which are of size 1
 *     to 10
 * @param gradientError likewise for the gradients, of size 10 to 100
 */
public record SelfCheck(double productError, double gradientError) {
  private static final int SIZE = 17; // no multiple of a vector's length

  static SelfCheck run(Device device) {
    Random random = new Random(17);
    float[] left = uniform(random);
    float[] right = uniform(random);
    double[] product = product(left, right);
    double[] gradient = timesTransposed(product, right);
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
          largestDifference(ab.toFloatArray(), product),
          largestDifference(a.getGradient().toFloatArray(), gradient));
    }
  }

  /** Within what float32 loses over sums of this length. */
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

  private static double[] product(float[] left, float[] right) {
    double[] product = new double[SIZE * SIZE];
    for (int row = 0; row < SIZE; row++) {
      for (int column = 0; column < SIZE; column++) {
        for (int k = 0; k < SIZE; k++) {
          product[row * SIZE + column] += (double) left[row * SIZE + k] * right[k * SIZE + column];
        }
      }
    }
    return product;
  }

  private static double[] timesTransposed(double[] left, float[] right) {
    double[] product = new double[SIZE * SIZE];
    for (int row = 0; row < SIZE; row++) {
      for (int column = 0; column < SIZE; column++) {
        for (int k = 0; k < SIZE; k++) {
          product[row * SIZE + column] += left[row * SIZE + k] * right[column * SIZE + k];
        }
      }
    }
    return product;
  }

  /** NaN where a value is NaN. */
  private static double largestDifference(float[] found, double[] expected) {
    double largest = 0;
    for (int i = 0; i < found.length; i++) {
      largest = Math.max(largest, Math.abs(found[i] - expected[i]));
    }
    return largest;
  }
}
