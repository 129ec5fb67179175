package dev.counterpoint.models.gpt2;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.loss.CrossEntropy;
import dev.counterpoint.core.loss.Loss;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.model.Linear;
import dev.counterpoint.core.model.Name;
import dev.counterpoint.core.parameter.Parameter;

/** GPT-2 for text classification: {@code GPT2ForSequenceClassification}. */
public final class Gpt2Classifier extends BaseModel {
  @Name("transformer")
  private final Gpt2Body body;

  private final Linear score;

  Gpt2Classifier(Gpt2Architecture architecture, int labels) {
    body = new Gpt2Body(architecture);
    score =
        new Linear(Parameter.of(architecture.initializer(), labels, architecture.width()), null);
  }

  /** Computes logits (batch, labels) from the last token that is not padding. */
  @Override
  public NDArray forward(Batch batch) {
    NDArray x = body.forward(batch); // (batch, tokens, width)
    return score.forward(x.mul(lastTokens(batch).expandDims(2)).sum(new int[] {1}));
  }

  /** One-hot selection of the last token of each example: (batch, tokens). */
  private static NDArray lastTokens(Batch batch) {
    Shape shape = batch.ids().getShape();
    NDArray positions = batch.ids().getManager().arange((float) shape.get(1)).add(1);
    NDArray unpadded =
        batch.has(Batch.MASK) ? batch.mask().mul(positions) : positions.broadcast(shape);
    NDArray last = unpadded.max(new int[] {1}, true); // (batch, 1)
    return positions.broadcast(shape).eq(last).toType(DataType.FLOAT32, false);
  }

  @Override
  public Loss lossFunction() {
    return CrossEntropy.defaults();
  }
}
