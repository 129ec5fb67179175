package dev.counterpoint.core.model;

import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.kernel.Precision;
import java.util.function.UnaryOperator;

/**
 * A part of a model: what {@code torch.nn.Module} is. A subclass keeps its parameters and the
 * layers it is made of in fields; their names are the field names, joined by dots, and the elements
 * of a list or an array are numbered:
 *
 * <pre>{@code
 * final class Mlp extends Layer {
 *   private final Linear up;                 // up.weight, up.bias
 *   private final List<Linear> hidden;       // hidden.0.weight, ...
 * }
 * }</pre>
 *
 * <p>How a layer is called is its own affair: most have {@code NDArray forward(NDArray x)} and
 * implement {@link UnaryLayer}.
 */
public abstract class Layer {
  private boolean training;
  private Precision precision = Precision.FLOAT32;
  private boolean activationCheckpointing;

  /** Whether this layer is being trained; a dropout drops only then. */
  public final boolean training() {
    return training;
  }

  /** Switches this layer and all below it between training and evaluation. */
  public final void setTraining(boolean training) {
    LayerFields.visit(
        this, "", (path, parameter) -> {}, (path, layer) -> layer.training = training);
  }

  /**
   * Shows an output to whoever {@link LayerObserver watches}, mostly nobody. The layers of this
   * package end with it; one of your own that does is named where a replayed step goes wrong.
   *
   * @return the output itself
   */
  protected final NDArray seen(NDArray output) {
    LayerObserver.show(this, output);
    return output;
  }

  /** What the matrix products of this layer are made in. */
  public final Precision precision() {
    return precision;
  }

  /** Sets what the matrix products of this layer and all below it are made in. */
  public final void setPrecision(Precision precision) {
    LayerFields.visit(
        this, "", (path, parameter) -> {}, (path, layer) -> layer.precision = precision);
  }

  /** Whether the blocks of this layer are computed again in the backward pass. */
  public final boolean activationCheckpointing() {
    return activationCheckpointing;
  }

  /** Sets whether the blocks of this layer and of all below it are computed again. */
  public final void setActivationCheckpointing(boolean activationCheckpointing) {
    LayerFields.visit(
        this,
        "",
        (path, parameter) -> {},
        (path, layer) -> layer.activationCheckpointing = activationCheckpointing);
  }

  /**
   * Applies one of the blocks that this layer is a stack of. Where it is {@link
   * #activationCheckpointing}, training keeps nothing of the block but x, and computes the block
   * again in the backward pass, with the same numbers dropped: memory for the inside of one block,
   * for one forward pass more.
   *
   * @param forward applies the block to x; uses no parameter but the block's
   * @param x what no trained part but this block reads; the result of a block, as a rule
   */
  protected final NDArray through(Layer block, UnaryOperator<NDArray> forward, NDArray x) {
    return activationCheckpointing
        ? ActivationCheckpointing.of(block, forward, x)
        : forward.apply(x);
  }
}
