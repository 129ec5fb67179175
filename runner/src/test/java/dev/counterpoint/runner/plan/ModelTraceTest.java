package dev.counterpoint.runner.plan;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.data.ArrayDataset;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.loss.CrossEntropy;
import dev.counterpoint.core.loss.Loss;
import dev.counterpoint.core.model.Activation;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.model.FeedForward;
import dev.counterpoint.core.model.Linear;
import java.util.List;
import org.junit.jupiter.api.Test;

final class ModelTraceTest {

  private static final class Stack extends BaseModel {
    private final List<FeedForward> blocks =
        List.of(new FeedForward(4, 8, Activation.GELU), new FeedForward(4, 8, Activation.GELU));
    private final Linear head = new Linear(4, 3);

    @Override
    public NDArray forward(Batch batch) {
      NDArray x = batch.features();
      for (FeedForward block : blocks) {
        x = block.forward(x);
      }
      return head.forward(x);
    }

    @Override
    public Loss lossFunction() {
      return CrossEntropy.defaults();
    }
  }

  @Test
  void layersOfAStackAreOneRowAndSoAreFusedLayers() {
    try (Stack model = new Stack();
        Batch batch =
            new Batch(
                ArrayDataset.ofClasses(new float[2][4], new long[2]).collate(new long[] {0, 1}),
                Device.cpu())) {
      model.initialize(Device.cpu(), 1);

      assertThat(ModelTrace.of(model, batch))
          .containsExactly(
              new ModelTrace.Row("blocks.*", "FeedForward", "(2, 4)", 2, 2 * (40 + 36)),
              new ModelTrace.Row("head", "Linear", "(2, 3)", 1, 15));
    }
  }
}
