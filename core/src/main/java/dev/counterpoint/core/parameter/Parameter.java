package dev.counterpoint.core.parameter;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.counterpoint.core.kernel.Torch;
import org.jspecify.annotations.Nullable;

/**
 * One array of a model, trained or kept: what {@code torch.nn.Parameter} is (or, not trainable from
 * the start, what {@code register_buffer} makes).
 *
 * <p>A layer declares its parameters by shape and initializer; they get memory, their first values
 * and their names when the model is initialized. The array stays the same object from then on:
 * loading and optimizing write into it.
 */
public final class Parameter {
  private final Shape shape;
  private final Initializer initializer;
  private final boolean buffer;
  private String name = "";
  private boolean trainable;
  private @Nullable NDArray value;

  private Parameter(Shape shape, Initializer initializer, boolean buffer) {
    this.shape = shape;
    this.initializer = initializer;
    this.buffer = buffer;
    this.trainable = !buffer;
  }

  /** A parameter that training changes. */
  public static Parameter of(Initializer initializer, long... shape) {
    return new Parameter(new Shape(shape), initializer, false);
  }

  /** An array that belongs to the model and is saved with it, but gets no gradient. */
  public static Parameter buffer(Initializer initializer, long... shape) {
    return new Parameter(new Shape(shape), initializer, true);
  }

  /**
   * The dotted path in the model, as {@code blocks.0.attention.query.weight}; empty before naming.
   */
  public String name() {
    return name;
  }

  public Shape shape() {
    return shape;
  }

  /** Whether training changes it: neither a buffer nor frozen. */
  public boolean trainable() {
    return trainable;
  }

  /**
   * The array itself, as {@link #shape()} says. Its gradient is no part of it: {@link Gradients}.
   *
   * @throws IllegalStateException before the model is initialized
   */
  public NDArray value() {
    if (value == null) {
      throw new IllegalStateException(
          "Parameter "
              + (name.isEmpty() ? shape : name)
              + " has no values yet; call model.initialize(device, seed) first, or give the model to a Trainer.");
    }
    return value;
  }

  /** Sets whether training changes it; a buffer stays as it is. */
  public void setTrainable(boolean trainable) {
    this.trainable = trainable && !buffer;
    if (value != null) {
      value.setRequiresGradient(this.trainable);
    }
  }

  /** Gives it its name; a model does this for every parameter of its tree. */
  public void named(String path) {
    name = path;
  }

  /**
   * Gives it memory and first values, which depend on the seed and the name alone: adding a layer
   * leaves the others' values as they were.
   */
  public void initialize(NDManager manager, long seed) {
    Torch.seed(Seeds.of(seed, name));
    adopt(initializer.create(manager, shape));
  }

  /** Takes an array that exists already as its value: a part of the model that DJL itself made. */
  public void adopt(NDArray array) {
    if (!array.getShape().equals(shape)) {
      throw new IllegalArgumentException(
          "Parameter " + name + " has shape " + shape + ", not " + array.getShape() + ".");
    }
    if (array.getDataType() != DataType.FLOAT32) {
      throw new IllegalArgumentException(
          "Parameter " + name + " is " + array.getDataType() + "; parameters are FLOAT32.");
    }
    value = array;
    array.setRequiresGradient(trainable);
  }

  @Override
  public String toString() {
    return name + shape;
  }
}
