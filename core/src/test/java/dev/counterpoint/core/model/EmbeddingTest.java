package dev.counterpoint.core.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.counterpoint.core.kernel.Torch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class EmbeddingTest {
  private final NDManager manager = Torch.newManager(Device.cpu());

  @AfterEach
  void close() {
    manager.close();
  }

  @Test
  void forwardLooksUpRows() {
    Embedding layer = new Embedding(3, 2);
    try (Parts model = Parts.of(layer)) {
      model.set("part.weight", 0, 1, 10, 11, 20, 21);

      NDArray vectors = layer.forward(ids(2, 0, 2, 1));

      assertThat(vectors.getShape()).isEqualTo(new Shape(2, 2, 2));
      assertThat(vectors.toFloatArray()).containsExactly(20, 21, 0, 1, 20, 21, 10, 11);
    }
  }

  @Test
  void gradientCountsEachLookup() {
    assertThat(gradientOfTheSum(new Embedding(3, 2))).containsExactly(1, 1, 2, 2, 1, 1);
  }

  @Test
  void paddingRowGetsNoGradient() {
    assertThat(gradientOfTheSum(new Embedding(3, 2, 1, 1))).containsExactly(1, 1, 0, 0, 1, 1);
  }

  private float[] gradientOfTheSum(Embedding layer) {
    try (Parts model = Parts.of(layer);
        Torch.Recording recording = Torch.recordGradients()) {
      Torch.backward(layer.forward(ids(1, 0, 1, 2)).sum());
      try (NDArray gradient = model.parameter("part.weight").value().getGradient()) {
        return gradient.toFloatArray();
      }
    }
  }

  @Test
  void initialValuesAreNormalWithTheGivenDeviation() {
    try (Parts wide = Parts.of(new Embedding(500, 40));
        Parts narrow = Parts.of(new Embedding(500, 40, -1, 0.02))) {
      assertThat(deviation(wide.values("part.weight"))).isCloseTo(1, within(0.02));
      assertThat(deviation(narrow.values("part.weight"))).isCloseTo(0.02, within(0.0004));
    }
  }

  private static double deviation(float[] values) {
    double sum = 0;
    double squares = 0;
    for (float value : values) {
      sum += value;
      squares += value * value;
    }
    double mean = sum / values.length;
    assertThat(mean).isCloseTo(0, within(0.03));
    return Math.sqrt(squares / values.length - mean * mean);
  }

  @Test
  void firstReturnsTheFirstRows() {
    Embedding layer = new Embedding(3, 2);
    try (Parts model = Parts.of(layer)) {
      model.set("part.weight", 0, 1, 10, 11, 20, 21);

      assertThat(layer.first(2).toFloatArray()).containsExactly(0, 1, 10, 11);
    }
  }

  @Test
  void moreRowsThanTheTableHasAreRejected() {
    Embedding layer = new Embedding(3, 2);
    try (Parts model = Parts.of(layer)) {
      assertThatThrownBy(() -> layer.first(4))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("4 rows of part.weight")
          .hasMessageContaining("3");
    }
  }

  private NDArray ids(long... ids) {
    return manager.create(ids, new Shape(2, 2));
  }
}
