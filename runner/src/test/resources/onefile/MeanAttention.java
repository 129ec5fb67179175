import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.model.attention.Attention;
import dev.counterpoint.core.model.attention.AttentionConfig;
import dev.counterpoint.core.model.Layer;
import dev.counterpoint.core.model.Linear;
import dev.counterpoint.core.settings.Checks;

/** Every token sees the mean of all tokens, and itself. */
public final class MeanAttention extends Layer implements Attention {
  private final Linear output;
  private final double share;

  private MeanAttention(int width, double share) {
    this.output = new Linear(width, width);
    this.share = share;
  }

  @Override
  public NDArray forward(NDArray x, NDArray mask) {
    NDArray counts = mask.expandDims(2); // (batch, tokens, 1)
    NDArray sum = x.mul(counts).sum(new int[] {1}, true); // (batch, 1, width)
    NDArray mean = sum.div(counts.sum(new int[] {1}, true));
    return output.forward(x.mul(1 - share).add(mean.mul(share)));
  }

  /**
   * Its settings.
   *
   * @param share of the mean, from 0 to 1
   */
  public record Config(double share) implements AttentionConfig {
    public Config {
      new Checks().within("share", share, 0, 1).verify();
    }

    @Override
    public Attention build(BlockSpec block) {
      return new MeanAttention(block.width(), share);
    }
  }
}
