package dev.counterpoint.models.image;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.data.DataSpec;
import dev.counterpoint.core.data.ImageSpec;
import dev.counterpoint.core.loss.Loss;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.model.Dropout;
import dev.counterpoint.core.model.LayerNorm;
import dev.counterpoint.core.model.Linear;
import dev.counterpoint.core.model.image.Conv2d;
import dev.counterpoint.core.parameter.Initializer;
import dev.counterpoint.core.parameter.Parameter;
import dev.counterpoint.models.huggingface.ModelLabels;
import dev.counterpoint.models.transformer.TransformerBlock;
import java.util.List;
import java.util.stream.Stream;

/**
 * Vision transformer (Dosovitskiy et al. 2020, arXiv 2010.11929): a pre-norm transformer whose
 * tokens are a class token and the patches of an image, with learned positions, and a linear layer
 * on the output of the class token. Class token and positions are initialized from a normal
 * distribution with deviation 0.02, all else as in PyTorch.
 */
public final class VitModel extends BaseModel {
  private static final double DEVIATION = 0.02;

  private final Conv2d patches;
  private final Parameter classToken; // (width)
  private final Parameter positions; // (1 + patches, width)
  private final Dropout dropout;
  private final List<TransformerBlock> blocks;
  private final LayerNorm norm;
  private final Linear head;
  private final Loss loss;
  private final int width;

  public VitModel(VitConfig config, ImageSpec image, DataSpec data) {
    width = config.width();
    int count = image.height() / config.patch() * (image.width() / config.patch());
    patches = new Conv2d(image.channels(), width, config.patch(), config.patch(), 0);
    classToken = Parameter.of(Initializer.normal(0, DEVIATION), width);
    positions = Parameter.of(Initializer.normal(0, DEVIATION), 1 + count, width);
    dropout = new Dropout(config.dropout());
    blocks =
        Stream.generate(() -> new TransformerBlock(config.blocks(), null))
            .limit(config.layers())
            .toList();
    norm = new LayerNorm(width);
    head = new Linear(width, ModelLabels.count(data));
    loss = ModelLabels.loss(data);
  }

  /** Computes logits (batch, classes). */
  @Override
  public NDArray forward(Batch batch) {
    int size = batch.size();
    NDArray tokens = patches.forward(batch.images()).reshape(size, width, -1).transpose(0, 2, 1);
    NDArray first = classToken.value().broadcast(new Shape(size, 1, width));
    NDArray all = NDArrays.concat(new NDList(first, tokens), 1).add(positions.value());
    NDArray x = dropout.forward(all); // (batch, 1 + patches, width)
    for (TransformerBlock block : blocks) {
      x = applyBlock(block, in -> block.forward(in, null), x);
    }
    return head.forward(norm.forward(x.get(":, 0")));
  }

  @Override
  public Loss lossFunction() {
    return loss;
  }
}
