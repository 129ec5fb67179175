package dev.counterpoint.models.image;

import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.model.Activation;
import dev.counterpoint.core.model.Layer;
import dev.counterpoint.core.model.image.Conv2d;
import dev.counterpoint.core.model.image.GroupNorm;

/** Convolution of unchanged height and width, group normalization and ReLU. */
final class ConvBlock extends Layer {
  private final Conv2d conv;
  private final GroupNorm norm;

  ConvBlock(int inputs, int outputs, ConvNetConfig config) {
    conv = new Conv2d(inputs, outputs, config.kernel(), 1, config.kernel() / 2);
    norm = new GroupNorm(config.groups(), outputs);
  }

  /** Applies the block: (batch, inputs, height, width) to (batch, outputs, height, width). */
  NDArray forward(NDArray x) {
    return Activation.RELU.forward(norm.forward(conv.forward(x)));
  }
}
