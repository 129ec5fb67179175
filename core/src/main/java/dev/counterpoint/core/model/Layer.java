package dev.counterpoint.core.model;

import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.kernel.ForwardScope;
import dev.counterpoint.core.kernel.Precision;
import dev.counterpoint.core.kernel.Torch;
import dev.counterpoint.core.parameter.Parameter;
import dev.counterpoint.core.settings.InvalidSettings;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * Base class of all layers: the counterpart of {@code torch.nn.Module}. A subclass keeps its
 * parameters and child layers in fields. Parameter names are the field names joined by dots;
 * elements of a list or an array are numbered:
 *
 * <pre>{@code
 * final class Mlp extends Layer {
 *   private final Linear up;                 // up.weight, up.bias
 *   private final List<Linear> hidden;       // hidden.0.weight, ...
 * }
 * }</pre>
 *
 * <p>A layer may define any call signature. Most have {@code NDArray forward(NDArray x)} and
 * implement {@link UnaryLayer}.
 */
public abstract class Layer {
  private boolean training;
  private Precision precision = Precision.FLOAT32;
  private boolean activationCheckpointing;

  /** Whether this layer is in training mode; dropout is active only in training mode. */
  public final boolean training() {
    return training;
  }

  /** Sets training or evaluation mode for this layer and all layers below it. */
  public final void setTraining(boolean training) {
    LayerFields.visitLayers(this, (path, layer) -> layer.training = training);
  }

  /**
   * Passes an output to the active {@link LayerObserver} of this thread, if there is one. All
   * layers of this package call it last. A custom layer that calls it is named in the report of a
   * replayed step if its output is not finite.
   *
   * @return the output, or an array of equal values that the observer returned; the layer must
   *     return it
   */
  protected final NDArray observe(NDArray output) {
    return LayerObserver.notify(this, output);
  }

  /**
   * Checks the sizes of a weight that is passed to this layer.
   *
   * @return the weight, unchanged
   * @throws InvalidSettings if a size is not positive
   */
  protected final Parameter requireSizes(Parameter weight) {
    if (Arrays.stream(weight.shape().getShape()).anyMatch(size -> size < 1)) {
      throw new InvalidSettings(
          "%s with a weight of shape %s: every size must be greater than 0.",
          getClass().getSimpleName(), weight.shape());
    }
    return weight;
  }

  /** The precision of the matrix multiplications of this layer. */
  public final Precision precision() {
    return precision;
  }

  /** Sets the precision of the matrix multiplications of this layer and all layers below it. */
  public final void setPrecision(Precision precision) {
    LayerFields.visitLayers(this, (path, layer) -> layer.precision = precision);
  }

  /**
   * Enables or disables activation checkpointing for the blocks of this layer and of all layers
   * below it.
   */
  public final void setActivationCheckpointing(boolean activationCheckpointing) {
    LayerFields.visitLayers(
        this, (path, layer) -> layer.activationCheckpointing = activationCheckpointing);
  }

  /**
   * Applies one block of a layer that is a stack of blocks. With activation checkpointing (Chen et
   * al. 2016, "Training Deep Nets with Sublinear Memory Cost"), training keeps only the block's
   * input x and recomputes the block in the backward pass: memory for the activations of one block,
   * at the cost of one more forward pass.
   *
   * <p>The dropout of the block draws the same random numbers in the forward pass and in the
   * recomputation. They differ from the numbers drawn without checkpointing, because the generator
   * is reseeded before each block.
   *
   * @param forward applies the block to x; must use no parameters other than the block's
   * @param x the input, which no trained computation other than this block may read; usually the
   *     output of the previous block
   */
  protected final NDArray applyBlock(Layer block, UnaryOperator<NDArray> forward, NDArray x) {
    if (!activationCheckpointing) {
      return forward.apply(x);
    }
    List<NDArray> trainable = new ArrayList<>();
    LayerFields.visitParameters(
        block,
        (path, parameter) -> {
          if (parameter.trainable()) {
            trainable.add(parameter.value());
          }
        });
    return Torch.checkpoint(forward, x, trainable);
  }

  /**
   * Adds an auxiliary loss, such as the balance term of a router, to the loss of the model for this
   * micro-batch. Losses of the same name are added up. The sum has the weight of the micro-batch,
   * so that the mean over micro-batches and processes is weighted as the loss of the model is.
   * Outside of training it has no effect.
   *
   * @param name the name under which the mean is reported: letters, digits, dashes and underscores
   * @param loss (), float32: the mean over the micro-batch, multiplied by its coefficient
   * @throws InvalidSettings with activation checkpointing, which would compute it twice
   */
  protected final void addLoss(String name, NDArray loss) {
    if (activationCheckpointing) {
      throw new InvalidSettings(
          "%s adds the auxiliary loss \"%s\", which is not supported with activation"
              + " checkpointing. Set model.activationCheckpointing to false.",
          getClass().getSimpleName(), name);
    }
    if (training) {
      ForwardScope.addLoss(name, loss);
    }
  }
}
