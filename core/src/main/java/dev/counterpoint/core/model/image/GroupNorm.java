package dev.counterpoint.core.model.image;

import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.kernel.operator.Functional;
import dev.counterpoint.core.model.Layer;
import dev.counterpoint.core.model.UnaryLayer;
import dev.counterpoint.core.parameter.Initializer;
import dev.counterpoint.core.parameter.Parameter;
import dev.counterpoint.core.settings.Checks;

/**
 * Group normalization: {@code torch.nn.GroupNorm} (Wu and He 2018). Unlike batch normalization, an
 * example does not depend on the others of its batch: micro-batches and shards give the same
 * gradients, and there are no running statistics.
 */
public final class GroupNorm extends Layer implements UnaryLayer {
  private static final double EPSILON = 1e-5;

  private final Parameter weight;
  private final Parameter bias;
  private final int groups;

  public GroupNorm(int groups, int channels) {
    new Checks().divides("groups", groups, "channels", channels).verify();
    weight = requireSizes(Parameter.of(Initializer.ones(), channels));
    bias = Parameter.of(Initializer.zeros(), channels);
    this.groups = groups;
  }

  /** Normalizes x, (batch, channels, height, width); returns the same shape. */
  @Override
  public NDArray forward(NDArray x) {
    return observe(Functional.groupNorm(x, weight.value(), bias.value(), groups, EPSILON));
  }
}
