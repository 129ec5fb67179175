package dev.counterpoint.core.model;

import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.kernel.operator.DropoutKernel;
import dev.counterpoint.core.kernel.operator.ResidualKernel;
import dev.counterpoint.core.settings.Checks;

/**
 * Drops each number with a given probability while training: {@code torch.nn.Dropout}, but for what
 * {@link DropoutKernel} says of the probability.
 */
public final class Dropout extends Layer implements UnaryLayer {
  private final double probability;

  public Dropout(double probability) {
    new Checks().below("dropout", probability, 0, 1).verify();
    this.probability = probability;
  }

  @Override
  public NDArray forward(NDArray x) {
    return training() && probability > 0 ? seen(DropoutKernel.apply(x, probability)) : x;
  }

  /**
   * A residual connection: {@code x.add(forward(part))} in one native call.
   *
   * @param x (...)
   * @param part as x
   */
  public NDArray addTo(NDArray x, NDArray part) {
    return seen(ResidualKernel.add(x, part, training() ? probability : 0));
  }
}
