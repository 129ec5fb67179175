package dev.counterpoint.models.image;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.pooling.Pool;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.data.DataSpec;
import dev.counterpoint.core.data.ImageSpec;
import dev.counterpoint.core.loss.Loss;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.model.Dropout;
import dev.counterpoint.core.model.Linear;
import dev.counterpoint.models.huggingface.ModelLabels;
import java.util.ArrayList;
import java.util.List;

/**
 * Convolutional network: stages of {@link ConvBlock}, with max pooling between them, the mean over
 * the pixels, dropout and a linear layer. Initialized as in PyTorch.
 */
public final class ConvNetModel extends BaseModel {
  private static final Shape PAIR = new Shape(2, 2);
  private static final Shape NONE = new Shape(0, 0);

  private final List<ConvBlock> blocks;
  private final Linear head;
  private final Dropout dropout;
  private final Loss loss;
  private final int convolutions;

  public ConvNetModel(ConvNetConfig config, ImageSpec image, DataSpec data) {
    blocks = new ArrayList<>();
    convolutions = config.convolutions();
    int inputs = image.channels();
    for (int width : config.widths()) {
      for (int i = 0; i < convolutions; i++) {
        blocks.add(new ConvBlock(inputs, width, config));
        inputs = width;
      }
    }
    head = new Linear(inputs, ModelLabels.count(data));
    dropout = new Dropout(config.dropout());
    loss = ModelLabels.loss(data);
  }

  /** Computes logits (batch, classes). */
  @Override
  public NDArray forward(Batch batch) {
    NDArray x = batch.images(); // (batch, channels, height, width)
    for (int i = 0; i < blocks.size(); i++) {
      if (i > 0 && i % convolutions == 0) {
        x = Pool.maxPool2d(x, PAIR, PAIR, NONE, false);
      }
      x = blocks.get(i).forward(x);
    }
    NDArray mean = x.reshape(batch.size(), x.getShape().get(1), -1).mean(new int[] {2});
    return head.forward(dropout.forward(mean)); // (batch, width) to (batch, classes)
  }

  @Override
  public Loss lossFunction() {
    return loss;
  }
}
