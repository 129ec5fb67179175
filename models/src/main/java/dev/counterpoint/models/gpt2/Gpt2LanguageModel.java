package dev.counterpoint.models.gpt2;

import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.loss.CrossEntropy;
import dev.counterpoint.core.loss.Loss;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.model.Linear;
import dev.counterpoint.core.model.Name;

/**
 * The next token: {@code GPT2LMHeadModel}, whose head shares the table of token vectors. The labels
 * of a batch are the next tokens, (batch, tokens), with {@link CrossEntropy#IGNORED} where there is
 * none; Hugging Face is given the tokens themselves, and shifts them.
 */
public final class Gpt2LanguageModel extends BaseModel {
  @Name("transformer")
  private final Gpt2Body body;

  @Name("lm_head")
  private final Linear head;

  Gpt2LanguageModel(Gpt2Architecture sizes) {
    body = new Gpt2Body(sizes);
    head = new Linear(body.tokens().weight(), null);
  }

  /** Logits (batch, tokens, vocabulary). */
  @Override
  public NDArray forward(Batch batch) {
    return head.forward(body.forward(batch));
  }

  @Override
  public Loss lossFunction() {
    return CrossEntropy.defaults();
  }

  Gpt2Body body() {
    return body;
  }
}
