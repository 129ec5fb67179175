package dev.counterpoint.core.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.counterpoint.core.kernel.Torch;
import dev.counterpoint.core.parameter.Initializer;
import dev.counterpoint.core.parameter.Parameter;
import dev.counterpoint.core.settings.InvalidSettings;
import java.util.List;
import java.util.stream.IntStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LinearTest {
  private final NDManager manager = Torch.newManager(Device.cpu());

  @AfterEach
  void close() {
    manager.close();
  }

  @Test
  void forwardMultipliesByTheTransposedWeightAndAddsTheBias() {
    Linear layer = new Linear(3, 2);
    try (Parts model = Parts.of(layer)) {
      model.set("part.weight", 1, 2, 3, -1, 0, 0.5f);
      model.set("part.bias", 10, 20);

      NDArray x = manager.create(new float[] {1, 0, 2, -1, 4, 1}, new Shape(2, 1, 3));
      NDArray y = layer.forward(x);

      assertThat(y.getShape()).isEqualTo(new Shape(2, 1, 2));
      assertThat(y.toFloatArray()).containsExactly(17, 20, 20, 21.5f);
    }
  }

  @Test
  void layerWithoutBiasHasOnlyAWeight() {
    Linear layer = new Linear(2, 1, false);
    try (Parts model = Parts.of(layer)) {
      model.set("part.weight", 3, -2);

      assertThat(model.parameters()).extracting(Parameter::name).containsExactly("part.weight");
      NDArray x = manager.create(new float[] {1, 1}, new Shape(1, 2));
      assertThat(layer.forward(x).toFloatArray()).containsExactly(1);
    }
  }

  @Test
  void packedWeightChangesNeitherPredictionsNorTraining() {
    Linear layer = new Linear(256, 256);
    try (Parts model = Parts.of(layer);
        NDArray x = manager.randomNormal(new Shape(8, 256))) {
      NDArray before = predict(layer, x);
      model.packWeights();
      NDArray after = predict(layer, x);

      assertThat(after.sub(before).abs().max().getFloat()).isLessThan(1e-5f);
      try (Torch.Recording recording = Torch.recordGradients()) {
        Torch.backward(layer.forward(x).sum());
      }
      assertThat(layer.weight().getGradient().abs().max().getFloat()).isPositive();
    }
  }

  private static NDArray predict(Linear layer, NDArray x) {
    try (Torch.Recording noGradients = Torch.noGradients()) {
      return layer.forward(x);
    }
  }

  @Test
  void initialValuesAreUniformWithTorchsBound() {
    try (Parts model = Parts.of(new Linear(64, 2000))) {
      assertUniformWithin(model.values("part.weight"), 0.125);
      assertUniformWithin(model.values("part.bias"), 0.125);
    }
  }

  /** A uniform distribution in [-b, b) has variance b^2 / 3. */
  private static void assertUniformWithin(float[] values, double bound) {
    double[] squares =
        IntStream.range(0, values.length).mapToDouble(i -> values[i] * values[i]).toArray();
    double largest =
        Math.sqrt(
            IntStream.range(0, squares.length).mapToDouble(i -> squares[i]).max().orElseThrow());
    double mean =
        IntStream.range(0, values.length).mapToDouble(i -> values[i]).average().orElseThrow();
    double variance =
        IntStream.range(0, squares.length).mapToDouble(i -> squares[i]).average().orElseThrow();
    assertThat(largest).isBetween(0.99 * bound, bound);
    assertThat(mean).isCloseTo(0, within(0.05 * bound));
    assertThat(variance).isCloseTo(bound * bound / 3, within(0.05 * bound * bound));
  }

  @Test
  void layersOfSizeZeroAreRejected() {
    List<ThrowingCallable> layers =
        List.of(
            () -> new Linear(0, 32),
            () -> new Linear(4, 0),
            () -> new Linear(4, -1),
            () -> new Embedding(0, 8),
            () -> new Embedding(8, 0),
            () -> new LayerNorm(0),
            () -> new FeedForward(8, 0, Activation.RELU),
            () -> Linear.transposed(0, 8, Initializer.zeros()),
            () -> new Linear(Parameter.of(Initializer.normal(0, 1), 3, 0), null),
            () -> new Linear(4, 8).adapt(0, 1, 0));
    for (ThrowingCallable layer : layers) {
      assertThatThrownBy(layer)
          .isInstanceOf(InvalidSettings.class)
          .hasMessageContaining("greater than 0");
    }
  }
}
