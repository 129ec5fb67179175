package dev.counterpoint.core.loss;

import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.data.Batch;
import java.util.Optional;

/** Mean squared error, elementwise: {@code torch.nn.functional.mse_loss}. */
public record MeanSquaredError() implements Loss {
  @Override
  public Optional<OutputActivation> outputActivation() {
    return Optional.of(OutputActivation.IDENTITY);
  }

  @Override
  public LossSum of(NDArray output, Batch batch) {
    return LossSum.of(Targets.difference(output, batch, "mean-squared-error").square(), batch);
  }
}
