package dev.counterpoint.core.model;

import ai.djl.ndarray.NDArray;
import java.util.List;

/**
 * Layers one after another: {@code torch.nn.Sequential}. Their names are {@code layers.0} and on.
 */
public final class Sequential extends Layer implements UnaryLayer {
  private final List<UnaryLayer> layers;

  public Sequential(UnaryLayer... layers) {
    this.layers = List.of(layers);
  }

  @Override
  public NDArray forward(NDArray x) {
    NDArray result = x;
    for (UnaryLayer layer : layers) {
      result = layer.forward(result);
    }
    return result;
  }
}
