package dev.counterpoint.models.bert;

import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.data.DataSpec;
import dev.counterpoint.core.loss.CrossEntropy;
import dev.counterpoint.core.loss.Loss;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.model.Dropout;
import dev.counterpoint.core.model.Linear;
import dev.counterpoint.core.model.Name;
import dev.counterpoint.models.huggingface.ModelLabels;

/**
 * BERT for classification of texts, {@code BertForSequenceClassification}, or of tokens, {@code
 * BertForTokenClassification}. Labels of tokens are (batch, tokens), with {@link
 * CrossEntropy#IGNORED} for ignored tokens.
 */
public final class BertClassifier extends BaseModel {
  @Name("bert")
  final BertBody body;

  private final Dropout dropout;
  private final Linear classifier;
  private final Loss loss;
  private final boolean perToken;

  BertClassifier(BertArchitecture architecture, DataSpec data, boolean perToken) {
    this.perToken = perToken;
    body = new BertBody(architecture, data.paddingId(), !perToken);
    dropout = new Dropout(architecture.classifierDropout());
    classifier =
        new Linear(architecture.width(), ModelLabels.count(data), architecture.initializer());
    loss = ModelLabels.loss(data);
  }

  /**
   * Computes logits (batch, labels) from the pooled vector of [CLS], or (batch, tokens, labels).
   */
  @Override
  public NDArray forward(Batch batch) {
    NDArray tokens = body.forward(batch);
    return classifier.forward(dropout.forward(perToken ? tokens : body.pool(tokens)));
  }

  @Override
  public Loss lossFunction() {
    return loss;
  }
}
