import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.loss.Loss;
import dev.counterpoint.core.loss.LossSum;
import dev.counterpoint.core.settings.Checks;

/**
 * Cross entropy that counts what is told apart already for little: -(1 - p)^gamma log p (Lin et al.
 * 2017, equation 4).
 *
 * @param gamma 0 is cross entropy
 */
public record FocalLoss(double gamma) implements Loss {
  public FocalLoss {
    new Checks().notNegative("gamma", gamma).verify();
  }

  @Override
  public LossSum of(NDArray logits, Batch batch) {
    NDArray labels = batch.labels().expandDims(1); // (batch, 1)
    NDArray logP = logits.logSoftmax(-1).gather(labels, 1); // (batch, 1)
    NDArray doubt = logP.exp().neg().add(1).pow(gamma);
    return new LossSum(doubt.mul(logP).neg().sum(), batch.size());
  }
}
