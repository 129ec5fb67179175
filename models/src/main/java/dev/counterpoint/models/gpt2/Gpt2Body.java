package dev.counterpoint.models.gpt2;

import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.model.Dropout;
import dev.counterpoint.core.model.Embedding;
import dev.counterpoint.core.model.Layer;
import dev.counterpoint.core.model.LayerNorm;
import dev.counterpoint.core.model.Name;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * GPT-2 decoder without a head, with causal attention: {@code GPT2Model} of Hugging Face.
 *
 * <p>A batch must have {@link Batch#IDS}; without {@link Batch#MASK} there is no padding.
 */
final class Gpt2Body extends Layer {
  @Name("wte")
  private final Embedding tokens;

  @Name("wpe")
  private final Embedding positions;

  @Name("h")
  private final List<Gpt2Block> blocks;

  @Name("ln_f")
  private final LayerNorm norm;

  private final Dropout dropout;

  Gpt2Body(Gpt2Architecture architecture) {
    int width = architecture.width();
    int vocabulary = Objects.requireNonNull(architecture.vocabularySize());
    tokens = new Embedding(vocabulary, width, architecture.deviation());
    positions = new Embedding(architecture.maxLength(), width, architecture.deviation());
    blocks =
        Stream.generate(() -> new Gpt2Block(architecture)).limit(architecture.layers()).toList();
    norm = new LayerNorm(width, architecture.epsilon());
    dropout = new Dropout(architecture.embeddingDropout());
  }

  /** The token embedding, (vocabulary, width), for a head that shares it. */
  Embedding tokens() {
    return tokens;
  }

  /** Creates an empty cache for each block. */
  List<KeyValueCache> newCaches() {
    return Stream.generate(KeyValueCache::new).limit(blocks.size()).toList();
  }

  /** Encodes a batch: (batch, tokens) to (batch, tokens, width). */
  NDArray forward(Batch batch) {
    NDArray ids = batch.ids();
    NDArray position = positions.first(ids.getShape().get(1)); // (tokens, width)
    NDArray mask = batch.has(Batch.MASK) ? batch.mask() : null;
    return run(dropout.forward(tokens.forward(ids).add(position)), mask, null);
  }

  /**
   * Encodes new tokens that follow cached ones, and adds them to the caches of the blocks.
   *
   * @param ids (batch, new tokens)
   * @param tokenPositions (batch, new tokens), int64: the position of each token
   * @param mask (batch, cached and new tokens), 0 for padding; null if there is no padding
   * @return (batch, new tokens, width)
   */
  NDArray forwardCached(
      NDArray ids, NDArray tokenPositions, @Nullable NDArray mask, List<KeyValueCache> caches) {
    return run(tokens.forward(ids).add(positions.forward(tokenPositions)), mask, caches);
  }

  private NDArray run(
      NDArray embedded, @Nullable NDArray mask, @Nullable List<KeyValueCache> caches) {
    NDArray x = embedded;
    for (int i = 0; i < blocks.size(); i++) {
      Gpt2Block block = blocks.get(i);
      KeyValueCache cache = caches == null ? null : caches.get(i);
      x = applyBlock(block, in -> block.forward(in, mask, cache), x);
    }
    return norm.forward(x);
  }
}
