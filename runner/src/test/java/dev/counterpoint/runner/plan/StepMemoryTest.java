package dev.counterpoint.runner.plan;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.data.ArrayDataset;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.data.Dataset;
import dev.counterpoint.core.loss.CrossEntropy;
import dev.counterpoint.core.loss.Loss;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.model.Linear;
import org.junit.jupiter.api.Test;

final class StepMemoryTest {
  private static final int WIDTH = 256;

  /** Has gradients of 4 * (WIDTH * WIDTH + 3 * WIDTH + 2) bytes. */
  private static final class Wide extends BaseModel {
    private final Linear first = new Linear(WIDTH, WIDTH);
    private final Linear head = new Linear(WIDTH, 2);

    @Override
    public NDArray forward(Batch batch) {
      return head.forward(first.forward(batch.features()));
    }

    @Override
    public Loss lossFunction() {
      return CrossEntropy.defaults();
    }
  }

  private static final double GRADIENTS = 4.0 * (WIDTH * WIDTH + 3 * WIDTH + 2);

  /** An output of the first layer, for one example. */
  private static final double OUTPUT = 4.0 * WIDTH;

  private static long predict(int examples) {
    Dataset data = ArrayDataset.ofClasses(new float[8][WIDTH], new long[8]);
    try (Wide model = new Wide()) {
      model.initialize(Device.cpu(), 1);
      return StepMemory.predict(model, data, 0, examples);
    }
  }

  @Test
  void withFewExamplesThePeakHasAllGradients() {
    assertThat((double) predict(1)).isBetween(GRADIENTS, GRADIENTS + 4 * OUTPUT);
  }

  @Test
  void withManyExamplesThePeakIsProportional() {
    int examples = 100_000;

    assertThat((double) predict(examples)).isBetween(examples * OUTPUT, 3 * examples * OUTPUT);
  }
}
