package dev.counterpoint.models.transformer;

import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.data.DataSpec;
import dev.counterpoint.core.loss.Loss;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.model.UnaryLayer;
import dev.counterpoint.core.model.head.HeadConfig;
import dev.counterpoint.core.model.pooling.Pooling;
import dev.counterpoint.models.huggingface.ModelLabels;

/**
 * Transformer encoder with a classification head, pre-norm (Vaswani et al. 2017, Xiong et al.
 * 2020).
 */
public final class TransformerModel extends BaseModel {
  private final TransformerBody body;
  private final Pooling pooling;
  private final UnaryLayer head;
  private final Loss loss;

  public TransformerModel(TransformerConfig config, DataSpec data) {
    int labels = ModelLabels.count(data);
    body = new TransformerBody(config, data.vocabularySize());
    pooling = config.pooling().build(config.width());
    head = config.head().build(new HeadConfig.Size(config.width(), labels, true));
    loss = ModelLabels.loss(data);
  }

  /** Computes logits (batch, classes) from the pooled token vectors of each example. */
  @Override
  public NDArray forward(Batch batch) {
    NDArray x = body.forward(batch); // (batch, tokens, width)
    return head.forward(pooling.forward(x, batch.has(Batch.MASK) ? batch.mask() : null));
  }

  @Override
  public Loss lossFunction() {
    return loss;
  }
}
