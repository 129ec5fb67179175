package dev.counterpoint.core.model;

import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.kernel.operator.FeedForwardKernel;
import java.util.Locale;

/**
 * The feed-forward part of a transformer's block (Vaswani et al. 2017, section 3.3): {@code
 * down.forward(activation.forward(up.forward(x)))} in one native call.
 */
public final class FeedForward extends Layer implements UnaryLayer {
  private final Linear up;
  private final Linear down;
  private final Activation activation;

  /**
   * A feed-forward part.
   *
   * @param width numbers a token
   * @param hidden numbers a token in its middle
   */
  public FeedForward(int width, int hidden, Activation activation) {
    up = new Linear(width, hidden);
    down = new Linear(hidden, width);
    this.activation = activation;
  }

  /**
   * Applies it to the last dimension.
   *
   * @param x (..., width)
   * @return (..., width)
   */
  @Override
  public NDArray forward(NDArray x) {
    return apply(x, up, activation, down);
  }

  /**
   * The same with layers that are named in a way of their own. One that is {@link Linear#adapted}
   * is called by itself.
   *
   * @param x (..., width)
   * @return (..., width)
   */
  public static NDArray apply(NDArray x, Linear up, Activation activation, Linear down) {
    return up.adapted() || down.adapted()
        ? down.forward(activation.forward(up.forward(x)))
        : new FeedForwardKernel(activation.name().toLowerCase(Locale.ROOT), up.precision())
            .apply(x, up.weight(), up.bias(), down.weight(), down.bias());
  }
}
