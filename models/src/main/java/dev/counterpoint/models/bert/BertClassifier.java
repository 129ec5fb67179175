package dev.counterpoint.models.bert;

import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.data.DataSpec;
import dev.counterpoint.core.loss.Loss;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.model.Dropout;
import dev.counterpoint.core.model.Linear;
import dev.counterpoint.core.model.Name;
import dev.counterpoint.models.huggingface.ModelLabels;

/** BERT for text classification: {@code BertForSequenceClassification}. */
public final class BertClassifier extends BaseModel {
  @Name("bert")
  final BertBody body;

  private final Dropout dropout;
  private final Linear classifier;
  private final Loss loss;

  BertClassifier(BertArchitecture architecture, DataSpec data) {
    body = new BertBody(architecture, data.paddingId(), true);
    dropout = new Dropout(architecture.classifierDropout());
    classifier =
        new Linear(architecture.width(), ModelLabels.count(data), architecture.initializer());
    loss = ModelLabels.loss(data);
  }

  /** Computes logits (batch, labels) from the pooled vector of [CLS]. */
  @Override
  public NDArray forward(Batch batch) {
    return classifier.forward(dropout.forward(body.pool(body.forward(batch))));
  }

  @Override
  public Loss lossFunction() {
    return loss;
  }
}
