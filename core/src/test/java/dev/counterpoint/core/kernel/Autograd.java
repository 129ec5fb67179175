package dev.counterpoint.core.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/** A function's result and its gradients with respect to its inputs. */
public record Autograd(float[] result, List<float[]> gradients) {
  /**
   * bfloat16 has 8 significant bits, and sums of about ten products of magnitude 1 are compared.
   */
  public static final float BFLOAT16_ERROR = 0.06f;

  /**
   * Computes the result and the gradients of a weighted sum of its elements, with a different
   * weight for each.
   */
  public static Autograd of(Function<List<NDArray>, NDArray> function, List<NDArray> inputs) {
    List<NDArray> leaves = inputs.stream().map(NDArray::duplicate).toList();
    leaves.forEach(leaf -> leaf.setRequiresGradient(true));
    try (Torch.Recording recording = Torch.recordGradients()) {
      NDArray result = function.apply(leaves);
      Torch.backward(result.mul(weights(result)).sum());
      List<float[]> gradients = new ArrayList<>();
      leaves.forEach(leaf -> gradients.add(leaf.getGradient().toFloatArray()));
      return new Autograd(result.toFloatArray(), gradients);
    }
  }

  private static NDArray weights(NDArray like) {
    return like.getManager().arange((float) like.size()).sin().add(0.5).reshape(like.getShape());
  }

  /** Normally distributed numbers, the same for the same seed. */
  public static NDArray normal(NDManager manager, long seed, long... shape) {
    Torch.seed(seed);
    return manager.randomNormal(0, 1, new Shape(shape), DataType.FLOAT32);
  }

  /** The error tolerance for kernels of the given precision. */
  public static float error(Precision precision) {
    return precision == Precision.FLOAT32 ? 3e-6f : BFLOAT16_ERROR;
  }

  /** Asserts that a kernel equals a reference implementation, in result and gradients. */
  public static void compare(
      Function<List<NDArray>, NDArray> kernel,
      Function<List<NDArray>, NDArray> reference,
      List<NDArray> inputs,
      float error) {
    Autograd actual = Autograd.of(kernel, inputs);
    Autograd expected = Autograd.of(reference, inputs);
    close(actual.result(), expected.result(), error);
    for (int i = 0; i < inputs.size(); i++) {
      close(actual.gradients().get(i), expected.gradients().get(i), error);
    }
  }

  /** Asserts equality up to an error relative to the largest element. */
  private static void close(float[] actual, float[] expected, float error) {
    float scale = 1;
    for (float value : expected) {
      scale = Math.max(scale, Math.abs(value));
    }
    assertThat(actual).containsExactly(expected, within(error * scale));
  }
}
