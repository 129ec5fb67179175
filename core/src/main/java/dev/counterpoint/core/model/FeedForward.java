package dev.counterpoint.core.model;

import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.kernel.operator.Functional;
import dev.counterpoint.core.settings.Checks;
import java.util.Locale;

/**
 * Feed-forward layer of a transformer block (Vaswani et al. 2017, section 3.3): {@code
 * down.forward(activation.forward(up.forward(x)))} in one native call. Initialized as two {@link
 * Linear} layers: weights and biases are uniform with bound sqrt(1 / inputs).
 */
public final class FeedForward extends Layer implements UnaryLayer {
  private final Linear up;
  private final Linear down;
  private final Activation activation;

  /**
   * Creates a feed-forward layer.
   *
   * @param width input and output features per token
   * @param hidden features per token between the two linear layers
   */
  public FeedForward(int width, int hidden, Activation activation) {
    up = new Linear(width, hidden);
    down = new Linear(hidden, width);
    this.activation = activation;
  }

  /**
   * Applies the layer to the last dimension.
   *
   * @param x (..., width)
   * @return (..., width)
   */
  @Override
  public NDArray forward(NDArray x) {
    return apply(x, up, activation, down);
  }

  /**
   * Applies a feed-forward layer that consists of the given linear layers, for models with other
   * parameter names. If one of the linear layers is {@link Linear#adapted}, the layers are called
   * one by one.
   *
   * @param x (..., width)
   * @return (..., width)
   */
  public static NDArray apply(NDArray x, Linear up, Activation activation, Linear down) {
    if (up.adapted() || down.adapted()) {
      return down.forward(activation.forward(up.forward(x)));
    }
    NDArray result =
        Functional.feedForward(
            x,
            up.operand(),
            up.bias(),
            down.operand(),
            down.bias(),
            activation.name().toLowerCase(Locale.ROOT),
            up.precision());
    return LayerObserver.notifyFused(FeedForward.class, result, up, down);
  }

  /**
   * Settings of the feed-forward layer of a transformer block.
   *
   * @param multiple hidden features, as a multiple of the width
   */
  public record Config(int multiple) implements FeedForwardConfig {
    private static final int MAX_SIZE = 1 << 20;

    public Config {
      new Checks().size("multiple", multiple, MAX_SIZE).verify();
    }

    /** Four times as many hidden features as the width, as in the paper. */
    public static Config defaults() {
      return new Config(4);
    }

    @Override
    public UnaryLayer build(int width, Activation activation) {
      new Checks().size("model.feedForward.multiple", multiple, MAX_SIZE / width).verify();
      return new FeedForward(width, width * multiple, activation);
    }
  }
}
