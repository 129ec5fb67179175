package dev.counterpoint.core.model;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.Shape;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.kernel.Torch;
import dev.counterpoint.core.loss.Loss;
import dev.counterpoint.core.loss.MeanSquaredError;
import dev.counterpoint.core.parameter.Gradients;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Compares gradients with and without activation checkpointing. */
class ActivationCheckpointingTest {
  private final NDManager manager = Torch.newManager(Device.cpu());

  @AfterEach
  void close() {
    manager.close();
  }

  @Test
  void gradientsEqualThoseWithoutCheckpointing() {
    try (Stack model = new Stack(0)) {
      Map<String, float[]> expected = gradients(model);
      model.setActivationCheckpointing(true);

      assertSame(gradients(model), expected);
      assertThat(expected).hasSize(10);
    }
  }

  @Test
  void recomputationUsesTheSameDropoutMask() {
    try (Stack model = new Stack(0.5)) {
      model.setActivationCheckpointing(true);
      gradients(model);

      assertThat(model.dropped).hasSize(6);
      for (int block = 0; block < 3; block++) {
        assertThat(model.dropped.get(5 - block)).containsExactly(model.dropped.get(block));
      }
      assertThat(model.dropped.get(0)).isNotEqualTo(model.dropped.get(1));
    }
  }

  @Test
  void sameSeedGivesSameGradients() {
    try (Stack model = new Stack(0.5)) {
      model.setActivationCheckpointing(true);

      assertSame(gradients(model), gradients(model));
    }
  }

  @Test
  void frozenParametersGetNoGradientAndDoNotBlockOthers() {
    try (Stack model = new Stack(0)) {
      model.freeze("first.*");
      model.freeze("blocks.0.*");
      model.freeze("blocks.2.*");
      Map<String, float[]> expected = gradients(model);
      model.setActivationCheckpointing(true);

      assertSame(gradients(model), expected);
      assertThat(expected)
          .containsOnlyKeys("blocks.1.weight", "blocks.1.bias", "last.weight", "last.bias");
    }
  }

  @Test
  void blockIsAppliedOnceWithoutRecording() {
    try (Stack model = new Stack(0)) {
      model.setActivationCheckpointing(true);
      try (Torch.Recording noGradients = Torch.noGradients();
          NDScope scope = new NDScope()) {
        scope.suppressNotUsedWarning();
        model.forward(input());
      }

      assertThat(model.dropped).hasSize(3);
    }
  }

  private static void assertSame(Map<String, float[]> actual, Map<String, float[]> expected) {
    assertThat(actual.keySet()).isEqualTo(expected.keySet());
    expected.forEach(
        (name, values) -> assertThat(actual.get(name)).as(name).containsExactly(values));
  }

  private Map<String, float[]> gradients(Stack model) {
    model.dropped.clear();
    Torch.seed(5);
    try (Gradients gradients = new Gradients(model.parameters());
        NDScope scope = new NDScope();
        Torch.Recording recording = Torch.recordGradients()) {
      scope.suppressNotUsedWarning();
      gradients.add(model.forward(input()).sin().sum());
      Map<String, float[]> actual = new TreeMap<>();
      gradients
          .accumulated()
          .forEach(it -> actual.put(it.parameter().name(), it.array().toFloatArray()));
      return actual;
    }
  }

  private NDArray input() {
    return manager.arange(12f).reshape(new Shape(4, 3)).div(7);
  }

  /** Three blocks between two layers; records the dropout mask of each block. */
  private static final class Stack extends BaseModel {
    private final Linear first = new Linear(3, 3);
    private final List<Linear> blocks = Stream.generate(() -> new Linear(3, 3)).limit(3).toList();
    private final Linear last = new Linear(3, 2);
    private final Dropout dropout;
    private final List<float[]> dropped = new ArrayList<>();

    Stack(double probability) {
      dropout = new Dropout(probability);
      initialize(Device.cpu(), 1);
      setTraining(true);
    }

    NDArray forward(NDArray input) {
      NDArray x = first.forward(input);
      for (Linear block : blocks) {
        x = applyBlock(block, in -> in.add(dropped(block.forward(in.tanh()))), x);
      }
      return last.forward(x);
    }

    private NDArray dropped(NDArray x) {
      NDArray result = dropout.forward(x);
      dropped.add(result.eq(0).toType(ai.djl.ndarray.types.DataType.FLOAT32, true).toFloatArray());
      return result;
    }

    @Override
    public NDArray forward(Batch batch) {
      return forward(batch.features());
    }

    @Override
    public Loss lossFunction() {
      return new MeanSquaredError();
    }
  }
}
