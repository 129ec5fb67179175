package dev.counterpoint.core.loss;

import ai.djl.ndarray.NDArray;
import ai.djl.nn.Activation;
import dev.counterpoint.core.data.Batch;
import java.util.Optional;

/**
 * Binary cross-entropy loss over logits, elementwise, with targets from 0 to 1: {@code
 * torch.nn.functional.binary_cross_entropy_with_logits}.
 */
public record BinaryCrossEntropy() implements Loss {
  @Override
  public Optional<OutputActivation> outputActivation() {
    return Optional.of(OutputActivation.SIGMOID);
  }

  @Override
  public LossSum of(NDArray output, Batch batch) {
    NDArray target = Targets.like(output, batch, "binary-cross-entropy");
    // -log(1 - sigmoid(x)) = x + log(1 + exp(-x)). Softplus overflows on neither side and, unlike
    // formulas with |x|, has the correct gradient at 0, where a head initialized to zero starts.
    NDArray loss = output.mul(target.neg().add(1)).add(Activation.softPlus(output.neg()));
    return LossSum.of(loss, batch);
  }
}
