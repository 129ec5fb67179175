package dev.counterpoint.core.loss;

import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.settings.Checks;
import java.util.Optional;

/**
 * Huber loss: half the squared difference up to delta, and delta (|difference| - delta / 2) above
 * (Huber 1964): {@code torch.nn.functional.huber_loss}.
 *
 * @param delta the absolute difference at which the loss becomes linear
 */
public record Huber(double delta) implements Loss {
  public Huber {
    new Checks().positive("delta", delta).verify();
  }

  /** Huber loss with delta 1, the default of PyTorch. */
  public static Huber defaults() {
    return new Huber(1);
  }

  @Override
  public Optional<OutputActivation> outputActivation() {
    return Optional.of(OutputActivation.IDENTITY);
  }

  @Override
  public LossSum of(NDArray output, Batch batch) {
    NDArray distance = Targets.difference(output, batch, "huber").abs();
    // With c = min(|d|, delta), c (|d| - c / 2) covers both cases.
    NDArray capped = distance.minimum((float) delta);
    return LossSum.of(capped.mul(distance.sub(capped.mul(0.5f))), batch);
  }
}
