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

/** One class for an item: {@code GPT2ForSequenceClassification}. */
public final class Gpt2Classifier extends BaseModel {
  @Name("transformer")
  private final Gpt2Body body;

  private final Linear score;

  Gpt2Classifier(Gpt2Architecture sizes, int labels) {
    body = new Gpt2Body(sizes);
    score = new Linear(Parameter.of(sizes.start(), labels, sizes.width()), null);
  }

  /** Logits (batch, labels), from the last token that is not padding. */
  @Override
  public NDArray forward(Batch batch) {
    NDArray x = body.forward(batch); // (batch, tokens, width)
    return score.forward(x.mul(last(batch).expandDims(2)).sum(new int[] {1}));
  }

  /** 1 at the last token of each item, else 0: (batch, tokens). */
  private static NDArray last(Batch batch) {
    Shape shape = batch.ids().getShape();
    NDArray places = batch.ids().getManager().arange((float) shape.get(1)).add(1);
    NDArray seen = batch.has(Batch.MASK) ? batch.mask().mul(places) : places.broadcast(shape);
    NDArray end = seen.max(new int[] {1}, true); // (batch, 1)
    return places.broadcast(shape).eq(end).toType(DataType.FLOAT32, false);
  }

  @Override
  public Loss lossFunction() {
    return CrossEntropy.defaults();
  }

  Gpt2Body body() {
    return body;
  }
}
