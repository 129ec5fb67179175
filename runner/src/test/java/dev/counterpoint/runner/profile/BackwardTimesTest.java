package dev.counterpoint.runner.profile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.data.ArrayDataset;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.loss.CrossEntropy;
import dev.counterpoint.core.loss.Loss;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.model.Linear;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

final class BackwardTimesTest {
  private static final int EXAMPLES = 64;
  private static final int WIDTH = 256;

  private static final class Stack extends BaseModel {
    private final Linear first = new Linear(8, WIDTH);
    private final List<Linear> blocks = List.of(new Linear(WIDTH, WIDTH), new Linear(WIDTH, WIDTH));
    private final Linear last = new Linear(WIDTH, 2);

    @Override
    public NDArray forward(Batch batch) {
      NDArray x = first.forward(batch.features());
      for (Linear block : blocks) {
        x = applyBlock(block, block::forward, x);
      }
      return last.forward(x);
    }

    @Override
    public Loss lossFunction() {
      return CrossEntropy.defaults();
    }
  }

  private static Map<String, Double> parts(BaseModel model) {
    BackwardTimes times = new BackwardTimes(model);
    long[] indices = LongStream.range(0, EXAMPLES).toArray();
    try (model;
        Batch batch =
            new Batch(
                ArrayDataset.ofClasses(new float[EXAMPLES][8], new long[EXAMPLES]).collate(indices),
                Device.cpu())) {
      model.initialize(Device.cpu(), 1);
      for (int i = 0; i < 5; i++) {
        times.measure(batch);
      }
    }
    return times.parts();
  }

  @Test
  void theLayersAreInTheOrderOfTheBackwardPassAndTheirPartsAddUp() {
    Map<String, Double> parts = parts(new Stack());

    assertThat(parts.keySet())
        .containsExactly(
            "loss", "last (Linear)", "blocks.1 (Linear)", "blocks.0 (Linear)", "first (Linear)");
    assertThat(parts.values()).allMatch(part -> part > 0);
    assertThat(parts.values().stream().mapToDouble(part -> part).sum()).isCloseTo(1, within(1e-9));
  }

  @Test
  void recomputedLayersHaveParts() {
    Stack model = new Stack();
    model.setActivationCheckpointing(true);

    assertThat(parts(model).keySet())
        .contains("last (Linear)", "blocks.1 (Linear)", "blocks.0 (Linear)", "first (Linear)");
  }

  @Test
  void thePartsAreUnknownIfAnOutputTakesNoPartInTheLoss() {
    assertThat(
            parts(
                new BaseModel() {
                  private final Linear unused = new Linear(8, 2);
                  private final Linear head = new Linear(8, 2);

                  @Override
                  public NDArray forward(Batch batch) {
                    unused.forward(batch.features());
                    return head.forward(batch.features());
                  }

                  @Override
                  public Loss lossFunction() {
                    return CrossEntropy.defaults();
                  }
                }))
        .isEmpty();
  }
}
