package dev.counterpoint.models.transformer;

import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.model.Dropout;
import dev.counterpoint.core.model.Embedding;
import dev.counterpoint.core.model.Layer;
import dev.counterpoint.core.model.LayerNorm;
import java.util.List;
import java.util.stream.Stream;

/**
 * Transformer without a head: embeddings of tokens, optional n-grams and learned positions,
 * followed by blocks and a final layer norm.
 */
final class TransformerBody extends Layer {
  private static final double DEVIATION = 0.02;

  private final Embedding tokens;
  private final Embedding positions;
  private final NgramEmbedding ngrams;
  private final Dropout dropout;
  private final List<TransformerBlock> blocks;
  private final LayerNorm norm;

  TransformerBody(TransformerConfig config, int vocabularySize) {
    tokens = new Embedding(vocabularySize, config.width(), DEVIATION);
    positions = new Embedding(config.maxLength(), config.width(), DEVIATION);
    ngrams = new NgramEmbedding(config.ngrams(), config.ngramRows(), config.width(), DEVIATION);
    dropout = new Dropout(config.dropout());
    blocks = Stream.generate(() -> new TransformerBlock(config)).limit(config.layers()).toList();
    norm = new LayerNorm(config.width());
  }

  /**
   * Encodes a batch: (batch, tokens) to (batch, tokens, width); without a mask there is no padding.
   */
  NDArray forward(Batch batch) {
    NDArray ids = batch.ids();
    NDArray mask = batch.has(Batch.MASK) ? batch.mask() : null;
    NDArray position = positions.first(ids.getShape().get(1)); // (tokens, width)
    NDArray embedded = ngrams.addTo(tokens.forward(ids).add(position), ids);
    NDArray x = dropout.forward(embedded); // (batch, tokens, width)
    for (TransformerBlock block : blocks) {
      x = applyBlock(block, in -> block.forward(in, mask), x);
    }
    return norm.forward(x);
  }
}
