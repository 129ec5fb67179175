package dev.counterpoint.core.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.counterpoint.core.kernel.Torch;
import dev.counterpoint.core.settings.InvalidSettings;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DropoutTest {
  private static final int SIZE = 100_000;

  private final NDManager manager = Torch.newManager(Device.cpu());

  @AfterEach
  void close() {
    manager.close();
  }

  @Test
  void dropoutIsInactiveInEvaluation() {
    assertThat(dropped(new Dropout(0.3))).containsOnly(1);
  }

  @Test
  void trainingDropsWithTheGivenProbability() {
    assertThat(share(dropped(training(0.3)), 0, 1)).isCloseTo(0.3, within(0.01));
  }

  @Test
  void keptElementsAreScaledUp() {
    assertThat(dropped(training(0.3)))
        .containsOnly(0, 65536f / 45875); // 0.7 rounded to a multiple of 1/65536
  }

  @Test
  void meanIsPreservedForAProbabilityNearOne() {
    assertThat(dropped(training(0.9999))).containsOnly(0, 65536f / 7); // 7 of 65536 are kept
  }

  /** Four elements share one draw of random bits. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3})
  void allPositionsHaveTheSameDropoutRate(int position) {
    assertThat(share(dropped(training(0.3)), position, 4)).isCloseTo(0.3, within(0.02));
  }

  @Test
  void elementsOfOneDrawAreIndependent() {
    float[] values = dropped(training(0.3));

    int both = 0;
    for (int i = 0; i < SIZE; i += 4) {
      both += values[i] == 0 && values[i + 1] == 0 ? 1 : 0;
    }
    assertThat(both / (SIZE / 4.0)).isCloseTo(0.09, within(0.01));
  }

  /**
   * PyTorch 2.13: {@code manual_seed(1)}, four int64 with random bits, viewed as int16 and clamped
   * to at least 0.
   */
  @Test
  void randomBitsEqualPyTorch() {
    assertThat(Arrays.copyOf(dropped(training(0.5)), 16))
        .containsExactly(0, 0, 0, 2, 2, 0, 2, 0, 0, 2, 2, 2, 2, 0, 0, 2);
  }

  @Test
  void shapeIsPreserved() {
    Dropout layer = training(0.3);

    assertThat(layer.forward(manager.ones(new Shape(3, 7))).getShape()).isEqualTo(new Shape(3, 7));
    assertThat(layer.forward(manager.ones(new Shape(0, 7))).getShape()).isEqualTo(new Shape(0, 7));
  }

  @Test
  void gradientIsThatOfTheKeptElements() {
    Dropout layer = training(0.3);
    NDArray x = manager.ones(new Shape(10, 10));
    x.setRequiresGradient(true);
    try (Torch.Recording recording = Torch.recordGradients()) {
      NDArray y = layer.forward(x);
      Torch.backward(y.sum());
      assertThat(x.getGradient().toFloatArray()).containsExactly(y.toFloatArray());
    }
  }

  @Test
  void zeroProbabilityDropsNothingInTraining() {
    assertThat(dropped(training(0))).containsOnly(1);
  }

  @ParameterizedTest
  @ValueSource(doubles = {-0.1, 1, Double.NaN})
  void invalidProbabilityIsRejected(double probability) {
    assertThatThrownBy(() -> new Dropout(probability))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("must be at least 0 and less than 1");
  }

  /** A layer in training mode, with the generator freshly seeded. */
  private static Dropout training(double probability) {
    Dropout layer = new Dropout(probability);
    layer.setTraining(true);
    Torch.seed(1);
    return layer;
  }

  /** The fraction of zeros among every {@code step}-th element. */
  private static double share(float[] values, int start, int step) {
    int zeros = 0;
    for (int i = start; i < values.length; i += step) {
      zeros += values[i] == 0 ? 1 : 0;
    }
    return zeros * (double) step / values.length;
  }

  private float[] dropped(Dropout layer) {
    return layer.forward(manager.ones(new Shape(SIZE))).toFloatArray();
  }
}
