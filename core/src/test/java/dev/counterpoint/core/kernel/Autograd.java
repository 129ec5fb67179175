package dev.counterpoint.core.kernel;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/** A function's result, and its gradients with respect to its inputs. */
record Autograd(float[] result, List<float[]> gradients) {
  /** The gradients of the result's elements, each weighed by another number. */
  static Autograd of(Function<List<NDArray>, NDArray> function, List<NDArray> inputs) {
    List<NDArray> leaves = inputs.stream().map(NDArray::duplicate).toList();
    leaves.forEach(leaf -> leaf.setRequiresGradient(true));
    try (Torch.Recording on = Torch.recordGradients()) {
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
  static NDArray normal(NDManager manager, long seed, long... shape) {
    Torch.seed(seed);
    return manager.randomNormal(0, 1, new Shape(shape), DataType.FLOAT32);
  }
}
