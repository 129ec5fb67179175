package dev.counterpoint.core.loss;

import ai.djl.ndarray.NDArray;
import ai.djl.nn.Activation;
import dev.counterpoint.core.data.Batch;

/**
 * Cross entropy of one logit against a target from 0 to 1, over every number: {@code
 * torch.nn.functional.binary_cross_entropy_with_logits}.
 */
public record BinaryCrossEntropy() implements Loss {
  public static BinaryCrossEntropy defaults() {
    return new BinaryCrossEntropy();
  }

  @Override
  public LossSum of(NDArray output, Batch batch) {
    NDArray target = Targets.like(output, batch);
    // -log(1 - sigmoid(x)) = x + log(1 + exp(-x)), where softplus overflows on neither side, and
    // unlike forms with |x| has the right gradient at 0, where a head of zeros starts.
    NDArray loss = output.mul(target.neg().add(1)).add(Activation.softPlus(output.neg()));
    return new LossSum(loss.sum(), loss.size());
  }
}
