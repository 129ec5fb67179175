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
    // max(x, 0) - x t + log(1 + exp(-|x|)): no exponential overflows.
    NDArray loss =
        Activation.relu(output)
            .sub(output.mul(target))
            .add(Activation.softPlus(output.abs().neg()));
    return new LossSum(loss.sum(), loss.size());
  }
}
