package dev.counterpoint.core.model.block;

import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.model.Activation;
import dev.counterpoint.core.model.FeedForwardConfig;
import dev.counterpoint.core.model.Layer;
import dev.counterpoint.core.model.Linear;
import dev.counterpoint.core.model.UnaryLayer;
import dev.counterpoint.core.settings.Checks;

/**
 * Gated feed-forward layer without biases (Shazeer 2020, equation 6): {@code
 * down(activation(gate(x)) * up(x))}; SwiGLU with the activation silu, GEGLU with gelu. The weights
 * are initialized as in {@code torch.nn.Linear}: uniform with bound sqrt(1 / inputs).
 */
public final class GatedFeedForward extends Layer implements UnaryLayer {
  private final Linear gate;
  private final Linear up;
  private final Linear down;
  private final Activation activation;

  /**
   * Creates a gated feed-forward layer.
   *
   * @param width input and output features per token
   * @param hidden features per token between the linear layers
   */
  public GatedFeedForward(int width, int hidden, Activation activation) {
    gate = new Linear(width, hidden, false);
    up = new Linear(width, hidden, false);
    down = new Linear(hidden, width, false);
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
    NDArray gates = activation.forward(gate.forward(x)); // (..., hidden)
    return down.forward(gates.mul(up.forward(x)));
  }

  /**
   * Settings of a gated feed-forward layer.
   *
   * @param multiple hidden features, as a multiple of the width, rounded down
   */
  public record Config(double multiple) implements FeedForwardConfig {
    private static final int MAX_SIZE = 1 << 20;

    public Config {
      new Checks().positive("multiple", multiple).verify();
    }

    /** 8 / 3 of the width: as many weights as the ungated layer with four times the width. */
    public static Config defaults() {
      return new Config(8.0 / 3);
    }

    @Override
    public UnaryLayer build(int width, Activation activation) {
      int hidden = (int) (width * multiple);
      new Checks().size("the hidden size of model.feedForward", hidden, MAX_SIZE).verify();
      return new GatedFeedForward(width, hidden, activation);
    }
  }
}
