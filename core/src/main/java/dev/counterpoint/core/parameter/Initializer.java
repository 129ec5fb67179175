package dev.counterpoint.core.parameter;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;

/**
 * Initializer of a parameter, named as in {@code torch.nn.init}. The engine is reseeded before each
 * call.
 */
@FunctionalInterface
public interface Initializer {
  /** Creates a float32 array of the given shape. */
  NDArray create(NDManager manager, Shape shape);

  static Initializer zeros() {
    return (manager, shape) -> manager.zeros(shape);
  }

  static Initializer ones() {
    return (manager, shape) -> manager.ones(shape);
  }

  static Initializer constant(double value) {
    return (manager, shape) -> manager.full(shape, (float) value);
  }

  /** Uniform distribution over [low, high). */
  static Initializer uniform(double low, double high) {
    return (manager, shape) ->
        manager.randomUniform((float) low, (float) high, shape, DataType.FLOAT32);
  }

  /** Normal distribution with the given mean and standard deviation. */
  static Initializer normal(double mean, double deviation) {
    return (manager, shape) ->
        manager.randomNormal((float) mean, (float) deviation, shape, DataType.FLOAT32);
  }

  /**
   * Uniform distribution with bound sqrt(1 / fanIn), the default weight initialization of {@code
   * torch.nn.Linear} ({@code kaiming_uniform_} with a = sqrt(5)).
   */
  static Initializer kaimingUniform() {
    return (manager, shape) -> {
      long fanIn = shape.size() / shape.get(0);
      double bound = Math.sqrt(1.0 / fanIn);
      return uniform(-bound, bound).create(manager, shape);
    };
  }
}
