package dev.counterpoint.models.tabular;

import dev.counterpoint.core.data.DataSpec;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.model.ModelConfig;
import dev.counterpoint.core.model.attention.AttentionConfig;
import dev.counterpoint.core.settings.Checks;

/**
 * Settings of an FT-Transformer.
 *
 * @param width features per column
 * @param layers number of blocks
 * @param heads number of attention heads; divides the width
 * @param feedForward hidden features of a block's feed-forward layer, as a multiple of the width
 * @param attentionDropout dropout probability of the attention weights
 * @param feedForwardDropout dropout probability within the feed-forward layers
 * @param residualDropout dropout probability after each part of a block
 * @param activationCheckpointing whether to recompute the activations of the blocks in the backward
 *     pass, which takes less memory and more time
 */
public record FtTransformerConfig(
    int width,
    int layers,
    int heads,
    double feedForward,
    double attentionDropout,
    double feedForwardDropout,
    double residualDropout,
    boolean activationCheckpointing)
    implements ModelConfig {
  private static final int MAX_SIZE = 1 << 20;
  private static final int MAX_LAYERS = 10_000;

  public FtTransformerConfig {
    new Checks()
        .size("width", width, MAX_SIZE)
        .size("layers", layers, MAX_LAYERS)
        .divides("heads", heads, "width", width)
        .within("feedForward", feedForward, 0.1, MAX_SIZE)
        .below("attentionDropout", attentionDropout, 0, 1)
        .below("feedForwardDropout", feedForwardDropout, 0, 1)
        .below("residualDropout", residualDropout, 0, 1)
        .verify();
  }

  /** The default of the FT-Transformer paper: three blocks of width 192. */
  public static FtTransformerConfig defaults() {
    return new FtTransformerConfig(192, 3, 8, 4.0 / 3, 0.2, 0.1, 0, false);
  }

  @Override
  public BaseModel build(DataSpec data) {
    BaseModel model = new FtTransformerModel(this, data);
    model.setActivationCheckpointing(activationCheckpointing);
    return model;
  }

  /** Size, heads and dropout of the attention layers. */
  AttentionConfig.BlockSpec blockSpec() {
    return new AttentionConfig.BlockSpec(width, heads, false, attentionDropout);
  }
}
