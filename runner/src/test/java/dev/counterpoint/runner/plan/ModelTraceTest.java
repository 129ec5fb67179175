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
  void layersOfAStackAreOneRowAndFusedLayersHaveNoShape() {
    try (Stack model = new Stack();
        Batch batch =
            new Batch(
                ArrayDataset.ofClasses(new float[2][4], new long[2]).collate(new long[] {0, 1}),
                Device.cpu())) {
      model.initialize(Device.cpu(), 1);

      ModelTrace trace = ModelTrace.of(model, batch);

      assertThat(trace.rows())
          .containsExactly(
              new ModelTrace.Row("blocks.*.up", "", "", 2, 2 * 40),
              new ModelTrace.Row("blocks.*.down", "Linear", "(2, 4)", 2, 2 * 36),
              new ModelTrace.Row("head", "Linear", "(2, 3)", 1, 15));
      assertThat(trace.output()).isEqualTo(2 * 3 * Float.BYTES);
      // Two outputs of (2, 4), for each the inner (2, 8) before and after GELU, and (2, 3).
      assertThat(trace.activations()).isEqualTo((2 * (8 + 2 * 16) + 6) * Float.BYTES);
    }
  }
}
