package dev.counterpoint.core.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDScope;
import dev.counterpoint.core.kernel.Torch;
import dev.counterpoint.core.kernel.operator.LinearKernel;
import dev.counterpoint.core.parameter.Initializer;
import dev.counterpoint.core.parameter.Parameter;
import org.jspecify.annotations.Nullable;

/** x W^T + b: {@code torch.nn.Linear}, started as there unless said otherwise. */
public final class Linear extends Layer implements UnaryLayer {
  private final Parameter weight;
  private final @Nullable Parameter bias;
  private final boolean transposed;

  /** Its parameters are named as those of this layer. */
  @Name("")
  private @Nullable LoraUpdate update;

  /** With a bias. */
  public Linear(int inputs, int outputs) {
    this(inputs, outputs, true);
  }

  public Linear(int inputs, int outputs, boolean withBias) {
    this(
        Parameter.of(Initializer.kaimingUniform(), outputs, inputs),
        withBias ? Parameter.of(uniform(inputs), outputs) : null);
  }

  /** A weight (outputs, inputs) that starts as said, and a bias of zeros. */
  public Linear(int inputs, int outputs, Initializer start) {
    this(Parameter.of(start, outputs, inputs), Parameter.of(Initializer.zeros(), outputs));
  }

  /**
   * Parameters that belong to another layer too, as a head shares the table of the embedding.
   *
   * @param weight (outputs, inputs)
   * @param bias (outputs), or null for none
   */
  public Linear(Parameter weight, @Nullable Parameter bias) {
    this(weight, bias, false);
  }

  private Linear(Parameter weight, @Nullable Parameter bias, boolean transposed) {
    this.weight = weight;
    this.bias = bias;
    this.transposed = transposed;
  }

  /**
   * One whose weight is kept as (inputs, outputs), as in GPT-2's checkpoints: Hugging Face's {@code
   * Conv1D}. The bias starts at zero.
   */
  public static Linear transposed(int inputs, int outputs, Initializer start) {
    return new Linear(
        Parameter.of(start, inputs, outputs), Parameter.of(Initializer.zeros(), outputs), true);
  }

  private static Initializer uniform(int inputs) {
    double bound = Math.sqrt(1.0 / inputs);
    return Initializer.uniform(-bound, bound);
  }

  /**
   * Applies it to the last dimension.
   *
   * @param x (..., inputs)
   * @return (..., outputs)
   */
  @Override
  public NDArray forward(NDArray x) {
    NDArray bias = this.bias == null ? null : this.bias.value();
    NDArray y = LinearKernel.apply(x, weight(), bias, precision());
    return seen(update == null ? y : update.addTo(y, x));
  }

  /**
   * Adds an update of low rank, which is trained in place of weight and bias: LoRA. To be called
   * before the model is initialized.
   *
   * @param rank of the update
   * @param scale that it is multiplied by; PEFT's alpha / rank
   * @param dropout on what the update reads
   */
  public void adapt(int rank, double scale, double dropout) {
    long rows = weight.shape().get(0);
    long columns = weight.shape().get(1);
    update =
        transposed
            ? new LoraUpdate(rows, columns, rank, scale, dropout)
            : new LoraUpdate(columns, rows, rank, scale, dropout);
    weight.setTrainable(false);
    if (bias != null) {
      bias.setTrainable(false);
    }
  }

  /** Whether an update is trained in place of the weight. */
  public boolean adapted() {
    return update != null;
  }

  /** Takes the update, if there is one, into the weight, for good. */
  public void merge() {
    if (update == null) {
      return;
    }
    try (Torch.Recording off = Torch.noGradients();
        NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      NDArray added = update.weight(); // (outputs, inputs)
      weight.value().addi(transposed ? added.transpose() : added);
    }
    update = null;
  }

  /** The weight, (outputs, inputs), or (inputs, outputs) where it is kept transposed. */
  Parameter parameter() {
    return weight;
  }

  /** (outputs, inputs). */
  public NDArray weight() {
    return transposed ? weight.value().transpose() : weight.value();
  }

  /**
   * The bias.
   *
   * @throws IllegalStateException where it has none
   */
  public NDArray bias() {
    if (bias == null) {
      throw new IllegalStateException("This layer has no bias.");
    }
    return bias.value();
  }
}
