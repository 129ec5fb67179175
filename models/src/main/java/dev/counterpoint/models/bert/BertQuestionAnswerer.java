package dev.counterpoint.models.bert;

import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.loss.Loss;
import dev.counterpoint.core.loss.SpanCrossEntropy;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.model.Linear;
import dev.counterpoint.core.model.Name;

/**
 * BERT for extractive question answering: {@code BertForQuestionAnswering}. Labels are (batch, 2),
 * the first and the last token of the answer.
 */
public final class BertQuestionAnswerer extends BaseModel {
  @Name("bert")
  final BertBody body;

  @Name("qa_outputs")
  private final Linear head;

  BertQuestionAnswerer(BertArchitecture architecture, int paddingId) {
    body = new BertBody(architecture, paddingId, false);
    head = new Linear(architecture.width(), 2, architecture.initializer());
  }

  /** Computes logits (batch, tokens, 2) of the first and the last token of the answer. */
  @Override
  public NDArray forward(Batch batch) {
    return head.forward(body.forward(batch));
  }

  @Override
  public Loss lossFunction() {
    return new SpanCrossEntropy();
  }
}
