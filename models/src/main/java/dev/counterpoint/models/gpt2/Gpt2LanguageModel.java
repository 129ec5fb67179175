package dev.counterpoint.models.gpt2;

import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.generation.DecoderSession;
import dev.counterpoint.core.loss.CrossEntropy;
import dev.counterpoint.core.loss.Loss;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.model.Linear;
import dev.counterpoint.core.model.Name;
import dev.counterpoint.core.parameter.Parameter;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * GPT-2 for causal language modeling: {@code GPT2LMHeadModel}. The head shares the token embedding
 * unless the architecture says otherwise. Labels are the next tokens, (batch, tokens), with {@link
 * CrossEntropy#IGNORED} at positions without one; Hugging Face expects the tokens themselves as
 * labels and shifts them.
 */
public final class Gpt2LanguageModel extends BaseModel implements DecoderSession.Model {
  @Name("transformer")
  final Gpt2Body body;

  @Name("lm_head")
  private final Linear head;

  Gpt2LanguageModel(Gpt2Architecture architecture) {
    body = new Gpt2Body(architecture);
    Parameter table = body.tokens().weight();
    head =
        new Linear(
            architecture.tiedEmbeddings()
                ? table
                : Parameter.of(architecture.initializer(), table.shape().getShape()),
            null);
  }

  /** Computes logits (batch, tokens, vocabulary). */
  @Override
  public NDArray forward(Batch batch) {
    return head.forward(body.forward(batch));
  }

  /** Creates a decoder session that caches the keys and values of every block. */
  @Override
  public DecoderSession newSession() {
    List<KeyValueCache> caches = body.newCaches();
    return new DecoderSession() {
      @Override
      public NDArray forward(NDArray ids, NDArray positions, @Nullable NDArray mask) {
        NDArray x = body.forwardCached(ids, positions, mask, caches); // (rows, new tokens, width)
        return head.forward(x.get(":, -1"));
      }

      @Override
      public void reorder(NDArray rows) {
        caches.forEach(cache -> cache.reorder(rows));
      }

      @Override
      public void close() {
        caches.forEach(KeyValueCache::close);
      }
    };
  }

  @Override
  public Loss lossFunction() {
    return CrossEntropy.defaults();
  }
}
