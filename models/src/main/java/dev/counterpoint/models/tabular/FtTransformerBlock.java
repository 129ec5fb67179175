package dev.counterpoint.models.tabular;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import dev.counterpoint.core.model.Activation;
import dev.counterpoint.core.model.Dropout;
import dev.counterpoint.core.model.Layer;
import dev.counterpoint.core.model.LayerNorm;
import dev.counterpoint.core.model.Linear;
import dev.counterpoint.core.model.attention.AttentionConfig;
import dev.counterpoint.core.model.attention.MultiHeadAttention;
import dev.counterpoint.core.parameter.Initializer;
import org.jspecify.annotations.Nullable;

/**
 * Pre-norm block of an FT-Transformer: attention, then a feed-forward layer with ReGLU (Shazeer
 * 2020). The first block has no norm before its attention. As in {@code rtdl}, the biases of the
 * attention are initialized to zero and everything else as in PyTorch.
 */
final class FtTransformerBlock extends Layer {
  private final @Nullable LayerNorm attentionNorm;
  private final Linear query;
  private final Linear key;
  private final Linear value;
  private final Linear output;
  private final LayerNorm feedForwardNorm;
  private final Linear up;
  private final Linear down;
  private final Dropout feedForwardDropout;
  private final Dropout residualDropout;
  private final AttentionConfig.BlockSpec spec;

  FtTransformerBlock(FtTransformerConfig config, boolean isFirst) {
    int width = config.width();
    int hidden = Math.max(1, (int) (width * config.feedForward()));
    spec = config.blockSpec();
    attentionNorm = isFirst ? null : new LayerNorm(width);
    query = attentionLinear(width);
    key = attentionLinear(width);
    value = attentionLinear(width);
    output = attentionLinear(width);
    feedForwardNorm = new LayerNorm(width);
    up = new Linear(width, 2 * hidden);
    down = new Linear(hidden, width);
    feedForwardDropout = new Dropout(config.feedForwardDropout());
    residualDropout = new Dropout(config.residualDropout());
  }

  private static Linear attentionLinear(int width) {
    return new Linear(width, width, Initializer.kaimingUniform());
  }

  /** Applies the block: (batch, tokens, width) to (batch, tokens, width). */
  NDArray forward(NDArray x) {
    NDArray normalized = attentionNorm == null ? x : attentionNorm.forward(x);
    NDArray context = MultiHeadAttention.apply(normalized, null, spec, query, key, value, output);
    NDArray attended = residualDropout.addTo(x, context);
    NDList halves = up.forward(feedForwardNorm.forward(attended)).split(2, 2);
    NDArray gated = halves.get(0).mul(Activation.RELU.forward(halves.get(1)));
    return residualDropout.addTo(attended, down.forward(feedForwardDropout.forward(gated)));
  }
}
