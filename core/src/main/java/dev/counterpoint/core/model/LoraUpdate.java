package dev.counterpoint.core.model;

import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.kernel.operator.LinearKernel;
import dev.counterpoint.core.parameter.Initializer;
import dev.counterpoint.core.parameter.Parameter;

/**
 * What is learned beside a linear layer whose weight stays as it is: scale B A x with A and B of
 * low rank (Hu et al. 2021, "LoRA", section 4.1). Names, shapes and start are those of PEFT's
 * {@code lora.Linear}: B starts at zero, so that at first nothing is added.
 */
final class LoraUpdate extends Layer {
  @Name("lora_A.weight")
  private final Parameter a; // (rank, inputs)

  @Name("lora_B.weight")
  private final Parameter b; // (outputs, rank)

  private final Dropout dropout;
  private final float scale;

  LoraUpdate(long inputs, long outputs, int rank, double scale, double dropout) {
    a = Parameter.of(Initializer.kaimingUniform(), rank, inputs);
    b = Parameter.of(Initializer.zeros(), outputs, rank);
    this.dropout = new Dropout(dropout);
    this.scale = (float) scale;
  }

  /**
   * Adds the update.
   *
   * @param x (..., inputs)
   * @param y (..., outputs), of the layer that stays as it is
   * @return (..., outputs)
   */
  NDArray addTo(NDArray y, NDArray x) {
    NDArray low = LinearKernel.apply(dropout.forward(x), a.value(), null, precision());
    NDArray high = LinearKernel.apply(low, b.value(), null, precision());
    return y.add(high.mul(scale));
  }

  /** What the update adds to the weight: (outputs, inputs). */
  NDArray weight() {
    return b.value().matMul(a.value()).mul(scale);
  }
}
