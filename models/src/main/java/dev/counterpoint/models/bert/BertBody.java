package dev.counterpoint.models.bert;

import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.model.Activation;
import dev.counterpoint.core.model.Dropout;
import dev.counterpoint.core.model.Embedding;
import dev.counterpoint.core.model.Layer;
import dev.counterpoint.core.model.LayerNorm;
import dev.counterpoint.core.model.Linear;
import dev.counterpoint.core.model.Name;
import dev.counterpoint.core.settings.InvalidSettings;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * BERT encoder without a head: {@code BertModel} of Hugging Face, with or without the pooler.
 *
 * <p>A batch must have {@link Batch#IDS}. Without {@link Batch#MASK} there is no padding, and
 * without {@link Batch#TOKEN_TYPES} all tokens belong to the first text.
 */
final class BertBody extends Layer {
  @Name("embeddings.word_embeddings")
  private final Embedding tokens;

  @Name("embeddings.position_embeddings")
  private final Embedding positions;

  @Name("embeddings.token_type_embeddings")
  private final Embedding types;

  @Name("embeddings.LayerNorm")
  private final LayerNorm norm;

  @Name("encoder.layer")
  private final List<BertBlock> blocks;

  @Name("pooler.dense")
  private final @Nullable Linear pooler;

  private final Dropout dropout;
  private final int tokenTypes;

  /**
   * Creates an encoder.
   *
   * @param paddingId the token whose embedding gets no gradient, as in Hugging Face
   */
  BertBody(BertArchitecture architecture, int paddingId, boolean withPooler) {
    int width = architecture.width();
    int vocabulary = Objects.requireNonNull(architecture.vocabularySize());
    tokens = new Embedding(vocabulary, width, paddingId, architecture.deviation());
    positions = new Embedding(architecture.maxLength(), width, architecture.deviation());
    types = new Embedding(architecture.tokenTypes(), width, architecture.deviation());
    norm = new LayerNorm(width, architecture.epsilon());
    blocks =
        Stream.generate(() -> new BertBlock(architecture)).limit(architecture.layers()).toList();
    pooler = withPooler ? new Linear(width, width, architecture.initializer()) : null;
    dropout = new Dropout(architecture.dropout());
    tokenTypes = architecture.tokenTypes();
  }

  /** The token embedding, (vocabulary, width), for a head that shares it. */
  Embedding tokens() {
    return tokens;
  }

  /** Encodes a batch: (batch, tokens) to (batch, tokens, width). */
  NDArray forward(Batch batch) {
    NDArray mask = batch.has(Batch.MASK) ? batch.mask() : null;
    NDArray x = embed(batch);
    for (BertBlock block : blocks) {
      x = applyBlock(block, in -> block.forward(in, mask), x);
    }
    return x;
  }

  /** The embeddings, which are the input of the first block: (batch, tokens, width). */
  NDArray embed(Batch batch) {
    if (batch.has(Batch.TOKEN_TYPES) && tokenTypes < 2) {
      throw new InvalidSettings(
          "Pairs of texts need two token types, but the model has only one: type_vocab_size"
              + " (model.architecture.tokenTypes) is 1.");
    }
    NDArray ids = batch.ids();
    NDArray type =
        batch.has(Batch.TOKEN_TYPES)
            ? types.forward(batch.get(Batch.TOKEN_TYPES)) // (batch, tokens, width)
            : types.first(1); // (1, width)
    NDArray position = positions.first(ids.getShape().get(1)); // (tokens, width)
    return dropout.forward(norm.forward(tokens.forward(ids).add(type).add(position)));
  }

  /** Pools each example from its first token: (batch, tokens, width) to (batch, width). */
  NDArray pool(NDArray x) {
    return Activation.TANH.forward(Objects.requireNonNull(pooler).forward(x.get(":, 0")));
  }
}
