package dev.counterpoint.core.model;

import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.kernel.operator.Functional;
import dev.counterpoint.core.settings.Checks;

/**
 * Dropout: sets each element to 0 with the given probability during training, as {@code
 * torch.nn.Dropout}, except for the rounding of the probability described in {@link Functional}.
 */
public final class Dropout extends Layer implements UnaryLayer {
  private final double probability;

  public Dropout(double probability) {
    new Checks().below("dropout", probability, 0, 1).verify();
    this.probability = probability;
  }

  @Override
  public NDArray forward(NDArray x) {
    return training() && probability > 0 ? observe(Functional.dropout(x, probability)) : x;
  }

  /**
   * Residual connection with dropout, {@code x.add(forward(part))}, in one native call.
   *
   * @param x (...)
   * @param part same shape as x
   */
  public NDArray addTo(NDArray x, NDArray part) {
    return observe(Functional.residual(x, part, training() ? probability : 0));
  }
}
