package dev.counterpoint.core.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDScope;
import dev.counterpoint.core.kernel.Kernel;
import dev.counterpoint.core.kernel.Torch;
import dev.counterpoint.core.kernel.operator.Functional;
import dev.counterpoint.core.parameter.Initializer;
import dev.counterpoint.core.parameter.Parameter;
import org.jspecify.annotations.Nullable;

/** Linear layer, x W^T + b: {@code torch.nn.Linear}, with PyTorch's initialization by default. */
public final class Linear extends Layer implements UnaryLayer {
  private final Parameter weight;
  private final @Nullable Parameter bias;
  private final boolean transposed;

  /** LoRA update; its parameters are named as if they belonged to this layer. */
  @Name("")
  private @Nullable LoraUpdate update;

  private @Nullable NDArray packed;

  /** Creates a layer with a bias. */
  public Linear(int inputs, int outputs) {
    this(inputs, outputs, true);
  }

  public Linear(int inputs, int outputs, boolean withBias) {
    this(
        Parameter.of(Initializer.kaimingUniform(), outputs, inputs),
        withBias ? Parameter.of(uniform(inputs), outputs) : null);
  }

  /** Creates a layer with a weight (outputs, inputs) from the given initializer and a zero bias. */
  public Linear(int inputs, int outputs, Initializer initializer) {
    this(Parameter.of(initializer, outputs, inputs), Parameter.of(Initializer.zeros(), outputs));
  }

  /**
   * Creates a layer from existing parameters, which other layers can share, such as a
   * language-model head that shares the token embedding.
   *
   * @param weight (outputs, inputs)
   * @param bias (outputs), or null for none
   */
  public Linear(Parameter weight, @Nullable Parameter bias) {
    this(weight, bias, false);
  }

  private Linear(Parameter weight, @Nullable Parameter bias, boolean transposed) {
    this.weight = requireSizes(weight);
    this.bias = bias;
    this.transposed = transposed;
  }

  /**
   * Creates a layer whose weight is stored as (inputs, outputs), as in GPT-2 checkpoints: Hugging
   * Face's {@code Conv1D}. The bias is initialized to zero.
   */
  public static Linear transposed(int inputs, int outputs, Initializer initializer) {
    return new Linear(
        Parameter.of(initializer, inputs, outputs),
        Parameter.of(Initializer.zeros(), outputs),
        true);
  }

  private static Initializer uniform(int inputs) {
    double bound = Math.sqrt(1.0 / inputs);
    return Initializer.uniform(-bound, bound);
  }

  /**
   * Applies the layer to the last dimension.
   *
   * @param x (..., inputs)
   * @return (..., outputs)
   */
  @Override
  public NDArray forward(NDArray x) {
    NDArray bias = this.bias == null ? null : this.bias.value();
    NDArray y = Functional.linear(x, operand(), bias, precision());
    return observe(update == null ? y : update.addTo(y, x));
  }

  /**
   * Adds a LoRA update and freezes weight and bias. Must be called before the model is initialized.
   *
   * @param rank rank of the update
   * @param scale factor of the update; alpha / rank in PEFT
   * @param dropout dropout probability on the input of the update
   */
  public void adapt(int rank, double scale, double dropout) {
    long firstSize = weight.shape().get(0);
    long secondSize = weight.shape().get(1);
    update =
        transposed
            ? new LoraUpdate(firstSize, secondSize, rank, scale, dropout)
            : new LoraUpdate(secondSize, firstSize, rank, scale, dropout);
    weight.setTrainable(false);
    if (bias != null) {
      bias.setTrainable(false);
    }
  }

  /** Whether the layer has a LoRA update. */
  public boolean adapted() {
    return update != null;
  }

  /** Merges the LoRA update, if there is one, into the weight permanently. */
  public void merge() {
    if (update == null) {
      return;
    }
    try (Torch.Recording noGradients = Torch.noGradients();
        NDScope scope = Torch.newScope()) {
      NDArray delta = update.weight(); // (outputs, inputs)
      weight.value().addi(transposed ? delta.transpose() : delta);
    }
    update = null;
  }

  /** The weight parameter, (outputs, inputs), or (inputs, outputs) if stored transposed. */
  Parameter parameter() {
    return weight;
  }

  /** The weight as (outputs, inputs). */
  public NDArray weight() {
    return transposed ? weight.value().transpose() : weight.value();
  }

  /** The weight as a kernel operand: the packed copy, if any, unless gradients are recorded. */
  public NDArray operand() {
    return packed == null || Torch.recordsGradients() ? weight() : packed;
  }

  /** See {@link BaseModel#packWeights}. */
  void pack() {
    NDArray value = weight();
    if (update == null && precision().packs(value)) {
      try (Torch.Recording noGradients = Torch.noGradients()) {
        packed = Kernel.load("pack").apply(value).get(0);
      }
    }
  }

  /**
   * The bias, (outputs).
   *
   * @throws IllegalStateException if the layer has no bias
   */
  public NDArray bias() {
    if (bias == null) {
      throw new IllegalStateException("The linear layer has no bias.");
    }
    return bias.value();
  }

  /**
   * Low-rank update of a frozen linear layer, scale B A x (Hu et al. 2021, "LoRA", section 4.1).
   * Names, shapes and initialization are those of PEFT's {@code lora.Linear}: B is initialized to
   * zero, so that the update is zero at first.
   */
  private static final class LoraUpdate extends Layer {
    @Name("lora_A.weight")
    private final Parameter a; // (rank, inputs)

    @Name("lora_B.weight")
    private final Parameter b; // (outputs, rank)

    private final Dropout dropout;
    private final float scale;

    LoraUpdate(long inputs, long outputs, int rank, double scale, double dropout) {
      a = requireSizes(Parameter.of(Initializer.kaimingUniform(), rank, inputs));
      b = Parameter.of(Initializer.zeros(), outputs, rank);
      this.dropout = new Dropout(dropout);
      this.scale = (float) scale;
    }

    /**
     * Adds the update to the output of the frozen layer.
     *
     * @param x (..., inputs), the input of the frozen layer
     * @param y (..., outputs), the output of the frozen layer
     * @return (..., outputs)
     */
    NDArray addTo(NDArray y, NDArray x) {
      NDArray down = Functional.linear(dropout.forward(x), a.value(), null, precision());
      NDArray up = Functional.linear(down, b.value(), null, precision());
      return y.add(up.mul(scale));
    }

    /** The merged weight of the update, scale B A: (outputs, inputs). */
    NDArray weight() {
      return b.value().matMul(a.value()).mul(scale);
    }
  }
}
