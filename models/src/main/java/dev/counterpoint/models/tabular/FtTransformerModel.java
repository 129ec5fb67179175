package dev.counterpoint.models.tabular;

import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.data.DataSpec;
import dev.counterpoint.core.loss.Loss;
import dev.counterpoint.core.model.Activation;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.model.LayerNorm;
import dev.counterpoint.core.model.Linear;
import java.util.List;
import java.util.stream.IntStream;

/**
 * FT-Transformer (Gorishniy, Rubachev, Khrulkov and Babenko 2021, arXiv 2106.11959): a transformer
 * whose tokens are the columns of a row, and a head on the output for [CLS].
 */
public final class FtTransformerModel extends BaseModel {
  private final FeatureTokenizer tokenizer;
  private final List<FtTransformerBlock> blocks;
  private final LayerNorm norm;
  private final Linear head;
  private final TabularOutput output;

  public FtTransformerModel(FtTransformerConfig config, DataSpec data) {
    tokenizer = new FeatureTokenizer(data, config.width());
    blocks =
        IntStream.range(0, config.layers())
            .mapToObj(i -> new FtTransformerBlock(config, i == 0))
            .toList();
    norm = new LayerNorm(config.width());
    output = new TabularOutput(data);
    head = new Linear(config.width(), output.size());
  }

  /** Computes logits (batch, classes) or numbers (batch, targets). */
  @Override
  public NDArray forward(Batch batch) {
    NDArray x = tokenizer.forward(batch); // (batch, tokens, width)
    for (FtTransformerBlock block : blocks) {
      x = applyBlock(block, block::forward, x);
    }
    NDArray cls = x.get(":, 0"); // (batch, width)
    return output.forward(head.forward(Activation.RELU.forward(norm.forward(cls))));
  }

  @Override
  public Loss lossFunction() {
    return output.loss();
  }
}
