package dev.counterpoint.core.model;

import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.kernel.operator.Functional;
import dev.counterpoint.core.parameter.Initializer;
import dev.counterpoint.core.parameter.Parameter;

/**
 * Low-rank update of a frozen linear layer, scale B A x (Hu et al. 2021, "LoRA", section 4.1).
 * Names, shapes and initialization are those of PEFT's {@code lora.Linear}: B is initialized to
 * zero, so that the update is zero at first.
 */
final class LoraUpdate extends Layer {
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
