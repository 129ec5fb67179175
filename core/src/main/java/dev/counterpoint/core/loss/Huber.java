package dev.counterpoint.core.loss;

import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.kernel.Torch;
import dev.counterpoint.core.settings.Checks;

/**
 * Half the squared difference where it is small, and delta (|difference| - delta / 2) beyond (Huber
 * 1964): {@code torch.nn.functional.huber_loss}.
 *
 * @param delta where the one becomes the other
 */
public record Huber(double delta) implements Loss {
  public Huber {
    new Checks().positive("delta", delta).verify();
  }

  /** With a delta of 1, as in PyTorch. */
  public static Huber defaults() {
    return new Huber(1);
  }

  @Override
  public LossSum of(NDArray output, Batch batch) {
    NDArray distance = Targets.difference(output, batch).abs();
    // With c = min(|d|, delta), c (|d| - c / 2) is the one form below delta and the other above it.
    NDArray capped = distance.minimum(Torch.number(distance, delta));
    NDArray half = capped.mul(Torch.number(capped, 0.5));
    return new LossSum(capped.mul(distance.sub(half)).sum(), distance.size());
  }
}
