package dev.counterpoint.models.gpt2;

import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.generation.DecoderSession;
import dev.counterpoint.core.loss.CrossEntropy;
import dev.counterpoint.core.loss.Loss;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.model.Linear;
import dev.counterpoint.core.model.Name;
import org.jspecify.annotations.Nullable;

/**
 * The next token: {@code GPT2LMHeadModel}, whose head shares the table of token vectors. The labels
 * of a batch are the next tokens, (batch, tokens), with {@link CrossEntropy#IGNORED} where there is
 * none; Hugging Face is given the tokens themselves, and shifts them.
 */
public final class Gpt2LanguageModel extends BaseModel implements DecoderSession.Model {
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

  /** A reading that keeps the keys and values of every block. */
  @Override
  public DecoderSession begin() {
    KeyValueCache cache = body.newCache();
    return new DecoderSession() {
      @Override
      public NDArray read(NDArray ids, NDArray positions, @Nullable NDArray mask) {
        NDArray x = body.resume(ids, positions, mask, cache); // (rows, new tokens, width)
        return head.forward(x.get(":, -1"));
      }

      @Override
      public void select(NDArray rows) {
        cache.select(rows);
      }

      @Override
      public void close() {
        cache.close();
      }
    };
  }

  @Override
  public Loss lossFunction() {
    return CrossEntropy.defaults();
  }

  Gpt2Body body() {
    return body;
  }
}
