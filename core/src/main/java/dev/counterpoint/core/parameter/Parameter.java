package dev.counterpoint.core.parameter;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.counterpoint.core.kernel.Torch;
import org.jspecify.annotations.Nullable;

/**
 * One array of a model, trainable or not: the counterpart of {@code torch.nn.Parameter} (or of a
 * buffer made by {@code register_buffer}).
 *
 * <p>A layer declares its parameters by shape and initializer. When the model is initialized,
 * parameters get their memory, initial values and names. The array remains the same object
 * afterwards: loading and optimizing write into it.
 */
public final class Parameter {
  private final Shape shape;
  private Initializer initializer;
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

  /** Creates a trainable parameter. */
  public static Parameter of(Initializer initializer, long... shape) {
    return new Parameter(new Shape(shape), initializer, false);
  }

  /**
   * Creates a buffer: an array that belongs to the model and is saved with it, but has no gradient.
   */
  public static Parameter buffer(Initializer initializer, long... shape) {
    return new Parameter(new Shape(shape), initializer, true);
  }

  /**
   * The dotted path in the model, such as {@code blocks.0.attention.query.weight}; empty before the
   * model assigns it.
   */
  public String name() {
    return name;
  }

  public Shape shape() {
    return shape;
  }

  /** Whether training changes this parameter: it is neither a buffer nor frozen. */
  public boolean trainable() {
    return trainable;
  }

  /**
   * The array, with shape {@link #shape()}. Gradients are kept separately, in {@link Gradients}.
   *
   * @throws IllegalStateException before the model is initialized
   */
  public NDArray value() {
    if (value == null) {
      throw new IllegalStateException(
          "Parameter "
              + (name.isEmpty() ? shape : name)
              + " is not initialized; call model.initialize(device, seed) first, or pass the model to a"
              + " Trainer.");
    }
    return value;
  }

  /** Freezes or unfreezes the parameter; has no effect on a buffer. */
  public void setTrainable(boolean trainable) {
    this.trainable = trainable && !buffer;
    if (value != null) {
      value.setRequiresGradient(this.trainable);
    }
  }

  /** Replaces the initializer; has no effect on a parameter that already has its values. */
  public void setInitializer(Initializer initializer) {
    this.initializer = initializer;
  }

  /** Sets the name; called by the model for every parameter of its layer tree. */
  public void setName(String path) {
    name = path;
  }

  /**
   * Allocates the array and sets its initial values, which depend only on seed and name: adding a
   * layer to a model does not change the initial values of the other layers.
   */
  public void initialize(NDManager manager, long seed) {
    Torch.seed(Seeds.of(seed, name));
    setValue(initializer.create(manager, shape));
  }

  /**
   * Uses an existing array as the value, such as an array created by DJL.
   *
   * @throws IllegalArgumentException if the array has another shape or is not float32
   */
  public void setValue(NDArray array) {
    if (!array.getShape().equals(shape)) {
      throw new IllegalArgumentException(
          "Parameter " + name + " requires shape " + shape + ", not " + array.getShape() + ".");
    }
    if (array.getDataType() != DataType.FLOAT32) {
      throw new IllegalArgumentException(
          "Parameter " + name + " requires FLOAT32, not " + array.getDataType() + ".");
    }
    value = array;
    array.setRequiresGradient(trainable);
  }

  @Override
  public String toString() {
    return name + shape;
  }
}
