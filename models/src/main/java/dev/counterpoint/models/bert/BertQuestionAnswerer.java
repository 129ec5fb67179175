package dev.counterpoint.models.bert;

import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.loss.Loss;
import dev.counterpoint.core.loss.SpanCrossEntropy;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.model.Linear;
import dev.counterpoint.core.model.Name;

/**
 * Where in a text an answer begins and ends: {@code BertForQuestionAnswering}. Labels are (batch,
 * 2), the first and the last token of the answer.
 */
public final class BertQuestionAnswerer extends BaseModel {
  @Name("bert")
  private final BertBody body;

  @Name("qa_outputs")
  private final Linear ends;

  BertQuestionAnswerer(BertArchitecture sizes, int paddingId) {
    body = new BertBody(sizes, paddingId, false);
    ends = new Linear(sizes.width(), 2, sizes.start());
  }

  /** Logits (batch, tokens, 2): that the answer begins here, and that it ends here. */
  @Override
  public NDArray forward(Batch batch) {
    return ends.forward(body.forward(batch));
  }

  @Override
  public Loss lossFunction() {
    return SpanCrossEntropy.defaults();
  }

  BertBody body() {
    return body;
  }
}
