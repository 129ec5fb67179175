package dev.counterpoint.models.bert;

import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.loss.CrossEntropy;
import dev.counterpoint.core.loss.Loss;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.model.Dropout;
import dev.counterpoint.core.model.Linear;
import dev.counterpoint.core.model.Name;

/** One class for an item: {@code BertForSequenceClassification}. */
public final class BertClassifier extends BaseModel {
  @Name("bert")
  private final BertBody body;

  private final Dropout dropout;
  private final Linear classifier;

  BertClassifier(BertArchitecture sizes, int paddingId, int labels) {
    body = new BertBody(sizes, paddingId, true);
    dropout = new Dropout(sizes.beforeHead());
    classifier = new Linear(sizes.width(), labels, sizes.start());
  }

  /** Logits (batch, labels), from the pooled vector of [CLS]. */
  @Override
  public NDArray forward(Batch batch) {
    return classifier.forward(dropout.forward(body.pool(body.forward(batch))));
  }

  @Override
  public Loss lossFunction() {
    return CrossEntropy.defaults();
  }

  BertBody body() {
    return body;
  }
}
