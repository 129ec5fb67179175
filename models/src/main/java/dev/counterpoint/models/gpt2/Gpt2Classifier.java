package dev.counterpoint.models.gpt2;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.data.DataSpec;
import dev.counterpoint.core.loss.Loss;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.model.Linear;
import dev.counterpoint.core.model.Name;
import dev.counterpoint.core.parameter.Parameter;
import dev.counterpoint.models.huggingface.ModelLabels;

/** GPT-2 for text classification: {@code GPT2ForSequenceClassification}. */
public final class Gpt2Classifier extends BaseModel {
  @Name("transformer")
  private final Gpt2Body body;

  private final Linear score;
  private final int paddingId;
  private final Loss loss;

  Gpt2Classifier(Gpt2Architecture architecture, DataSpec data) {
    int labels = ModelLabels.count(data);
    paddingId = data.paddingId();
    loss = ModelLabels.loss(data);
    body = new Gpt2Body(architecture);
    score =
        new Linear(Parameter.of(architecture.initializer(), labels, architecture.width()), null);
  }

  /**
   * Computes logits (batch, labels) from the last token of each example that differs from the
   * padding token, as transformers does; a padding token at the end of a text is skipped, too.
   */
  @Override
  public NDArray forward(Batch batch) {
    NDArray x = body.forward(batch); // (batch, tokens, width)
    return score.forward(x.mul(lastTokens(batch.ids()).expandDims(2)).sum(new int[] {1}));
  }

  /** One-hot selection of the last token of each example: (batch, tokens). */
  private NDArray lastTokens(NDArray ids) {
    NDArray positions = ids.getManager().arange((float) ids.getShape().get(1)); // (tokens)
    NDArray unpadded = ids.neq(paddingId).toType(DataType.FLOAT32, false).mul(positions);
    NDArray last = unpadded.max(new int[] {1}, true); // (batch, 1)
    return positions.broadcast(ids.getShape()).eq(last).toType(DataType.FLOAT32, false);
  }

  @Override
  public Loss lossFunction() {
    return loss;
  }
}
