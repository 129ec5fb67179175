package dev.counterpoint.models.image;

import dev.counterpoint.core.data.DataSpec;
import dev.counterpoint.core.data.ImageSpec;
import dev.counterpoint.core.model.Activation;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.model.FeedForward;
import dev.counterpoint.core.model.ModelConfig;
import dev.counterpoint.core.model.attention.AttentionConfig;
import dev.counterpoint.core.model.attention.MultiHeadAttention;
import dev.counterpoint.core.settings.Checks;
import dev.counterpoint.models.transformer.TransformerConfig;

/**
 * Settings of a vision transformer.
 *
 * @param patch height and width of a patch in pixels; divides those of the images
 * @param width features per token
 * @param layers number of blocks
 * @param heads number of attention heads; divides the width
 * @param feedForward hidden features of a block's feed-forward layer, as a multiple of the width
 * @param dropout dropout probability after the embeddings, after each part of a block, and on the
 *     attention weights
 * @param attention attention layer of the blocks
 * @param activationCheckpointing whether to recompute the activations of the blocks in the backward
 *     pass, which takes less memory and more time
 */
public record VitConfig(
    int patch,
    int width,
    int layers,
    int heads,
    int feedForward,
    double dropout,
    AttentionConfig attention,
    boolean activationCheckpointing)
    implements ModelConfig {
  public VitConfig {
    new Checks().positive("patch", patch).positive("feedForward", feedForward).verify();
    blocks(width, layers, heads, feedForward, dropout, attention);
  }

  /** Four blocks of width 64 over patches of 4 x 4 pixels. */
  public static VitConfig defaults() {
    return new VitConfig(4, 64, 4, 4, 2, 0.1, new MultiHeadAttention.Config(), false);
  }

  @Override
  public BaseModel build(DataSpec data) {
    ImageSpec image = ConvNetConfig.image(data, "vit");
    new Checks()
        .divides("model.patch", patch, "height", image.height())
        .divides("model.patch", patch, "width", image.width())
        .verify();
    BaseModel model = new VitModel(this, image, data);
    model.setActivationCheckpointing(activationCheckpointing);
    return model;
  }

  /** The settings of the blocks. */
  TransformerConfig blocks() {
    return blocks(width, layers, heads, feedForward, dropout, attention);
  }

  private static TransformerConfig blocks(
      int width,
      int layers,
      int heads,
      int feedForward,
      double dropout,
      AttentionConfig attention) {
    TransformerConfig defaults = TransformerConfig.defaults();
    return new TransformerConfig(
        TransformerConfig.Task.CLASSIFICATION,
        width,
        layers,
        heads,
        1,
        new FeedForward.Config(feedForward),
        dropout,
        Activation.GELU,
        attention,
        1,
        1,
        false,
        defaults.norm(),
        defaults.positions(),
        defaults.pooling(),
        defaults.initializer(),
        defaults.embedding(),
        defaults.head());
  }
}
