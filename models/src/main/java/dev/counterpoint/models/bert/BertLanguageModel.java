package dev.counterpoint.models.bert;

import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.loss.CrossEntropy;
import dev.counterpoint.core.loss.Loss;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.model.LayerNorm;
import dev.counterpoint.core.model.Linear;
import dev.counterpoint.core.model.Name;
import dev.counterpoint.core.model.UnaryLayer;
import dev.counterpoint.core.parameter.Initializer;
import dev.counterpoint.core.parameter.Parameter;
import org.jspecify.annotations.Nullable;

/**
 * BERT for masked language modeling: {@code BertForMaskedLM}. The head shares the token embedding
 * unless the architecture says otherwise. Labels are (batch, tokens), with {@link
 * CrossEntropy#IGNORED} for tokens that are not masked.
 */
public final class BertLanguageModel extends BaseModel {
  @Name("bert")
  private final BertBody body;

  @Name("cls.predictions.transform.dense")
  private final Linear transform;

  @Name("cls.predictions.transform.LayerNorm")
  private final LayerNorm norm;

  @Name("cls.predictions.bias")
  private final @Nullable Parameter bias;

  @Name("cls.predictions.decoder")
  private final Linear decoder;

  private final UnaryLayer activation;

  BertLanguageModel(BertArchitecture architecture, int paddingId) {
    int width = architecture.width();
    body = new BertBody(architecture, paddingId, false);
    transform = new Linear(width, width, architecture.initializer());
    norm = new LayerNorm(width, architecture.epsilon());
    Parameter table = body.tokens().weight();
    boolean tied = architecture.tiedEmbeddings();
    bias = tied ? newBias(table) : null;
    decoder =
        new Linear(
            tied ? table : Parameter.of(architecture.initializer(), table.shape().getShape()),
            bias == null ? newBias(table) : bias);
    activation = architecture.activation();
  }

  private static Parameter newBias(Parameter table) {
    return Parameter.of(Initializer.zeros(), table.shape().get(0));
  }

  /** Computes logits (batch, tokens, vocabulary). */
  @Override
  public NDArray forward(Batch batch) {
    NDArray hidden = activation.forward(transform.forward(body.forward(batch)));
    return decoder.forward(norm.forward(hidden));
  }

  @Override
  public Loss lossFunction() {
    return CrossEntropy.defaults();
  }
}
