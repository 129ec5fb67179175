package dev.counterpoint.models.bert;

import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.loss.CrossEntropy;
import dev.counterpoint.core.loss.Loss;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.model.Dropout;
import dev.counterpoint.core.model.Linear;
import dev.counterpoint.core.model.Name;

/**
 * BERT for token classification: {@code BertForTokenClassification}. Labels are (batch, tokens),
 * with {@link CrossEntropy#IGNORED} for ignored tokens.
 */
public final class BertTokenClassifier extends BaseModel {
  @Name("bert")
  private final BertBody body;

  private final Dropout dropout;
  private final Linear classifier;

  BertTokenClassifier(BertArchitecture architecture, int paddingId, int labels) {
    body = new BertBody(architecture, paddingId, false);
    dropout = new Dropout(architecture.classifierDropout());
    classifier = new Linear(architecture.width(), labels, architecture.initializer());
  }

  /** Computes logits (batch, tokens, labels). */
  @Override
  public NDArray forward(Batch batch) {
    return classifier.forward(dropout.forward(body.forward(batch)));
  }

  @Override
  public Loss lossFunction() {
    return CrossEntropy.defaults();
  }
}
