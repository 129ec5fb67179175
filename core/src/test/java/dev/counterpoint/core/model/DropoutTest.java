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
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DropoutTest {
  private static final int NUMBERS = 100_000;

  private final NDManager manager = Torch.newManager(Device.cpu());

  @AfterEach
  void close() {
    manager.close();
  }

  @Test
  void evaluationDropsNothing() {
    assertThat(dropped(new Dropout(0.3))).containsOnly(1);
  }

  @Test
  void trainingDropsTheShareAskedForAndScalesTheRestUp() {
    Dropout layer = new Dropout(0.3);
    layer.setTraining(true);
    Torch.seed(1);

    float[] values = dropped(layer);

    int zeros = 0;
    for (float value : values) {
      if (value == 0) {
        zeros++;
      } else {
        assertThat(value).isCloseTo(65536f / 45875, within(1e-6f)); // 0.7 in 65536ths
      }
    }
    assertThat(zeros / (double) NUMBERS).isCloseTo(0.3, within(0.01));
  }

  /** Four numbers share a draw of random bits. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3})
  void everyPlaceDropsAtTheSameRate(int place) {
    Dropout layer = new Dropout(0.3);
    layer.setTraining(true);
    Torch.seed(1);

    float[] values = dropped(layer);

    int zeros = 0;
    for (int i = place; i < NUMBERS; i += 4) {
      zeros += values[i] == 0 ? 1 : 0;
    }
    assertThat(zeros / (NUMBERS / 4.0)).isCloseTo(0.3, within(0.02));
  }

  @Test
  void numbersOfOneDrawFallIndependently() {
    Dropout layer = new Dropout(0.3);
    layer.setTraining(true);
    Torch.seed(1);

    float[] values = dropped(layer);

    int both = 0;
    for (int i = 0; i < NUMBERS; i += 4) {
      both += values[i] == 0 && values[i + 1] == 0 ? 1 : 0;
    }
    assertThat(both / (NUMBERS / 4.0)).isCloseTo(0.09, within(0.01));
  }

  @Test
  void aProbabilityNearOneKeepsTheMean() {
    Dropout layer = new Dropout(0.9999);
    layer.setTraining(true);
    Torch.seed(1);

    assertThat(dropped(layer)).containsOnly(0, 65536f / 7); // 7 of 65536 stay
  }

  @Test
  void anArrayOfAnyShapeKeepsIt() {
    Dropout layer = new Dropout(0.3);
    layer.setTraining(true);

    assertThat(layer.forward(manager.ones(new Shape(3, 7))).getShape()).isEqualTo(new Shape(3, 7));
    assertThat(layer.forward(manager.ones(new Shape(0, 7))).getShape()).isEqualTo(new Shape(0, 7));
  }

  @Test
  void theGradientIsThatOfWhatStays() {
    Dropout layer = new Dropout(0.3);
    layer.setTraining(true);
    NDArray x = manager.ones(new Shape(10, 10));
    x.setRequiresGradient(true);
    try (Torch.Recording recording = Torch.recordGradients()) {
      NDArray y = layer.forward(x);
      Torch.backward(y.sum());
      assertThat(x.getGradient().toFloatArray()).containsExactly(y.toFloatArray());
    }
  }

  @Test
  void aProbabilityOfZeroDropsNothingInTrainingToo() {
    Dropout layer = new Dropout(0);
    layer.setTraining(true);

    assertThat(dropped(layer)).containsOnly(1);
  }

  @ParameterizedTest
  @ValueSource(doubles = {-0.1, 1, Double.NaN})
  void anImpossibleProbabilityIsRefused(double probability) {
    assertThatThrownBy(() -> new Dropout(probability))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("must be at least 0 and less than 1");
  }

  private float[] dropped(Dropout layer) {
    return layer.forward(manager.ones(new Shape(NUMBERS))).toFloatArray();
  }
}
