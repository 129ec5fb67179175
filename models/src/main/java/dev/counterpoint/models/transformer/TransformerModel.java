package dev.counterpoint.models.transformer;

import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.data.DataSpec;
import dev.counterpoint.core.kernel.MaskedMeanKernel;
import dev.counterpoint.core.loss.CrossEntropy;
import dev.counterpoint.core.loss.Loss;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.model.Linear;
import dev.counterpoint.core.settings.InvalidSettings;

/**
 * A pre-norm encoder (Vaswani et al. 2017, Xiong et al. 2020) with a head that tells the class of
 * an item.
 */
public final class TransformerModel extends BaseModel {
  private final TransformerBody body;
  private final Linear head;

  public TransformerModel(TransformerConfig config, DataSpec data) {
    if (data.labels().size() < 2) {
      throw new InvalidSettings(
          "A classifier needs two labels at least, and this data has " + data.labels() + ".");
    }
    body = new TransformerBody(config, data.vocabularySize());
    head = new Linear(config.width(), data.labels().size());
  }

  /** The mean of the vectors of an item's tokens, through the head: logits (batch, classes). */
  @Override
  public NDArray forward(Batch batch) {
    return head.forward(MaskedMeanKernel.mean(body.forward(batch), batch.mask()));
  }

  @Override
  public Loss lossFunction() {
    return CrossEntropy.defaults();
  }
}
