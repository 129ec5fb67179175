package dev.counterpoint.models.transformer;

import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.loss.CrossEntropy;
import dev.counterpoint.core.loss.Loss;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.model.UnaryLayer;
import dev.counterpoint.core.model.head.HeadConfig;

/**
 * Causal transformer language model. Labels are the next tokens, (batch, tokens), with {@link
 * CrossEntropy#IGNORED} at positions without one.
 */
public final class TransformerLanguageModel extends BaseModel {
  private final TransformerBody body;
  private final UnaryLayer head;

  public TransformerLanguageModel(TransformerConfig config, int vocabularySize) {
    body = new TransformerBody(config, vocabularySize);
    head = config.head().build(new HeadConfig.Size(config.width(), vocabularySize, false));
  }

  /** Computes logits (batch, tokens, vocabulary). */
  @Override
  public NDArray forward(Batch batch) {
    return head.forward(body.forward(batch));
  }

  @Override
  public Loss lossFunction() {
    return CrossEntropy.defaults();
  }
}
