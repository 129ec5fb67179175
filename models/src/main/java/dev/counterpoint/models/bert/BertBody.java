package dev.counterpoint.models.bert;

import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.kernel.operator.EmbeddingKernel;
import dev.counterpoint.core.model.Activation;
import dev.counterpoint.core.model.Dropout;
import dev.counterpoint.core.model.Embedding;
import dev.counterpoint.core.model.Layer;
import dev.counterpoint.core.model.LayerNorm;
import dev.counterpoint.core.model.Linear;
import dev.counterpoint.core.model.Name;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * From token ids to vectors: {@code BertModel} of Hugging Face, with or without the pooler.
 *
 * <p>A batch has {@link Batch#IDS}; without {@link Batch#MASK} all is seen, and without {@link
 * Batch#TOKEN_TYPES} all is of the first text.
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

  /**
   * A body.
   *
   * @param paddingId the token whose vector gets no gradient, as in Hugging Face
   */
  BertBody(BertArchitecture sizes, int paddingId, boolean withPooler) {
    int width = sizes.width();
    int vocabulary = Objects.requireNonNull(sizes.vocabularySize());
    tokens = new Embedding(vocabulary, width, paddingId, sizes.deviation());
    positions = table(sizes.maxLength(), sizes);
    types = table(sizes.tokenTypes(), sizes);
    norm = new LayerNorm(width, sizes.epsilon());
    blocks = Stream.generate(() -> new BertBlock(sizes)).limit(sizes.layers()).toList();
    pooler = withPooler ? new Linear(width, width, sizes.start()) : null;
    dropout = new Dropout(sizes.dropout());
  }

  private static Embedding table(int rows, BertArchitecture sizes) {
    return new Embedding(rows, sizes.width(), EmbeddingKernel.NO_PADDING, sizes.deviation());
  }

  /** The table of token vectors, (vocabulary, width), for a head that shares it. */
  Embedding tokens() {
    return tokens;
  }

  /** (batch, tokens) to (batch, tokens, width). */
  NDArray forward(Batch batch) {
    NDArray mask = batch.has(Batch.MASK) ? batch.mask() : null;
    NDArray x = embed(batch);
    for (BertBlock block : blocks) {
      x = through(block, in -> block.forward(in, mask), x);
    }
    return x;
  }

  /** What the first block reads: (batch, tokens, width). */
  NDArray embed(Batch batch) {
    NDArray ids = batch.ids();
    NDArray type =
        batch.has(Batch.TOKEN_TYPES)
            ? types.forward(batch.get(Batch.TOKEN_TYPES)) // (batch, tokens, width)
            : types.first(1); // (1, width)
    NDArray place = positions.first(ids.getShape().get(1)); // (tokens, width)
    return dropout.forward(norm.forward(tokens.forward(ids).add(type).add(place)));
  }

  /**
   * The vector of an item, from that of its first token: (batch, tokens, width) to (batch, width).
   */
  NDArray pool(NDArray x) {
    return Activation.TANH.forward(Objects.requireNonNull(pooler).forward(x.get(":, 0")));
  }
}
