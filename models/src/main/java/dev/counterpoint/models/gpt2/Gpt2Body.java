package dev.counterpoint.models.gpt2;

import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.kernel.operator.EmbeddingKernel;
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
 * From token ids to vectors, each token looking only back: {@code GPT2Model} of Hugging Face.
 *
 * <p>A batch has {@link Batch#IDS}; without {@link Batch#MASK} nothing is padding.
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

  Gpt2Body(Gpt2Architecture sizes) {
    tokens = table(Objects.requireNonNull(sizes.vocabularySize()), sizes);
    positions = table(sizes.maxLength(), sizes);
    blocks = Stream.generate(() -> new Gpt2Block(sizes)).limit(sizes.layers()).toList();
    norm = new LayerNorm(sizes.width(), sizes.epsilon());
    dropout = new Dropout(sizes.embeddingDropout());
  }

  private static Embedding table(int rows, Gpt2Architecture sizes) {
    return new Embedding(rows, sizes.width(), EmbeddingKernel.NO_PADDING, sizes.deviation());
  }

  /** The table of token vectors, (vocabulary, width), for a head that shares it. */
  Embedding tokens() {
    return tokens;
  }

  KeyValueCache newCache() {
    return new KeyValueCache(blocks.size());
  }

  /** (batch, tokens) to (batch, tokens, width). */
  NDArray forward(Batch batch) {
    NDArray ids = batch.ids();
    NDArray place = positions.first(ids.getShape().get(1)); // (tokens, width)
    NDArray mask = batch.has(Batch.MASK) ? batch.mask() : null;
    return run(dropout.forward(tokens.forward(ids).add(place)), mask, null);
  }

  /**
   * Goes on after tokens that the cache has.
   *
   * @param ids (batch, new tokens)
   * @param at (batch, new tokens), int64: the position of each
   * @param mask (batch, tokens so far and new), 0 for padding; null where there is none
   * @return (batch, new tokens, width)
   */
  NDArray resume(NDArray ids, NDArray at, @Nullable NDArray mask, KeyValueCache cache) {
    return run(tokens.forward(ids).add(positions.forward(at)), mask, cache);
  }

  private NDArray run(NDArray embedded, @Nullable NDArray mask, @Nullable KeyValueCache cache) {
    NDArray x = embedded;
    for (int i = 0; i < blocks.size(); i++) {
      Gpt2Block block = blocks.get(i);
      Gpt2Block.Past past = cache == null ? null : new Gpt2Block.Past(cache, i);
      x = through(block, in -> block.forward(in, mask, past), x);
    }
    return norm.forward(x);
  }
}
