package dev.counterpoint.models.transformer;

import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.model.Dropout;
import dev.counterpoint.core.model.Layer;
import dev.counterpoint.core.model.UnaryLayer;
import dev.counterpoint.core.model.position.Positions;
import dev.counterpoint.core.model.position.RelativePositions;
import java.util.List;
import java.util.stream.Stream;

/**
 * Transformer without a head: embeddings of tokens, optional n-grams and positions, followed by
 * blocks and a final norm. N-gram embeddings are initialized from a normal distribution with
 * standard deviation 0.02, as tokens and learned positions by default; the layers of the blocks as
 * in PyTorch.
 */
final class TransformerBody extends Layer {
  private static final double DEVIATION = 0.02;

  private final UnaryLayer tokens;
  private final Positions positions;
  private final NgramEmbedding ngrams;
  private final Dropout dropout;
  private final List<TransformerBlock> blocks;
  private final UnaryLayer norm;

  TransformerBody(TransformerConfig config, int vocabularySize) {
    tokens = config.embedding().build(vocabularySize, config.width());
    positions = config.createPositions();
    ngrams = new NgramEmbedding(config.ngrams(), config.ngramRows(), config.width(), DEVIATION);
    dropout = new Dropout(config.dropout());
    RelativePositions relative = positions instanceof RelativePositions it ? it : null;
    blocks =
        Stream.generate(() -> new TransformerBlock(config, relative))
            .limit(config.layers())
            .toList();
    norm = config.norm().build(config.width());
  }

  /**
   * Encodes a batch: (batch, tokens) to (batch, tokens, width); without a mask there is no padding.
   */
  NDArray forward(Batch batch) {
    NDArray ids = batch.ids();
    NDArray mask = batch.has(Batch.MASK) ? batch.mask() : null;
    NDArray embedded = ngrams.addTo(positions.addTo(tokens.forward(ids)), ids);
    NDArray x = dropout.forward(embedded); // (batch, tokens, width)
    for (TransformerBlock block : blocks) {
      x = applyBlock(block, in -> block.forward(in, mask), x);
    }
    return norm.forward(x);
  }
}
