package dev.counterpoint.core.model;

import ai.djl.ndarray.NDArray;
import java.util.List;

/**
 * Applies layers in sequence: {@code torch.nn.Sequential}. The layers are named {@code layers.0},
 * {@code layers.1} and so on.
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
