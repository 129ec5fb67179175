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
  void trainingDropsTheShareAskedFor() {
    assertThat(share(dropped(training(0.3)), 0, 1)).isCloseTo(0.3, within(0.01));
  }

  @Test
  void whatStaysIsScaledUp() {
    assertThat(dropped(training(0.3))).containsOnly(0, 65536f / 45875); // 0.7 in 65536ths
  }

  @Test
  void aProbabilityNearOneKeepsTheMean() {
    assertThat(dropped(training(0.9999))).containsOnly(0, 65536f / 7); // 7 of 65536 stay
  }

  /** Four numbers share a draw of random bits. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3})
  void everyPlaceDropsAtTheSameRate(int place) {
    assertThat(share(dropped(training(0.3)), place, 4)).isCloseTo(0.3, within(0.02));
  }

  @Test
  void numbersOfOneDrawFallIndependently() {
    float[] values = dropped(training(0.3));

    int both = 0;
    for (int i = 0; i < NUMBERS; i += 4) {
      both += values[i] == 0 && values[i + 1] == 0 ? 1 : 0;
    }
    assertThat(both / (NUMBERS / 4.0)).isCloseTo(0.09, within(0.01));
  }

  /** PyTorch 2.13: {@code manual_seed(1)}, four int64 of all bits, as int16 at least 0. */
  @Test
  void theBitsAreThoseOfPyTorchsGenerator() {
    assertThat(Arrays.copyOf(dropped(training(0.5)), 16))
        .containsExactly(0, 0, 0, 2, 2, 0, 2, 0, 0, 2, 2, 2, 2, 0, 0, 2);
  }

  @Test
  void anArrayOfAnyShapeKeepsIt() {
    Dropout layer = training(0.3);

    assertThat(layer.forward(manager.ones(new Shape(3, 7))).getShape()).isEqualTo(new Shape(3, 7));
    assertThat(layer.forward(manager.ones(new Shape(0, 7))).getShape()).isEqualTo(new Shape(0, 7));
  }

  @Test
  void theGradientIsThatOfWhatStays() {
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
  void aProbabilityOfZeroDropsNothingInTrainingToo() {
    assertThat(dropped(training(0))).containsOnly(1);
  }

  @ParameterizedTest
  @ValueSource(doubles = {-0.1, 1, Double.NaN})
  void anImpossibleProbabilityIsRefused(double probability) {
    assertThatThrownBy(() -> new Dropout(probability))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("must be at least 0 and less than 1");
  }

  /** A layer in training, with the generator at its beginning. */
  private static Dropout training(double probability) {
    Dropout layer = new Dropout(probability);
    layer.setTraining(true);
    Torch.seed(1);
    return layer;
  }

  /** The share of zeros of every so many numbers. */
  private static double share(float[] values, int from, int step) {
    int zeros = 0;
    for (int i = from; i < values.length; i += step) {
      zeros += values[i] == 0 ? 1 : 0;
    }
    return zeros * (double) step / values.length;
  }

  private float[] dropped(Dropout layer) {
    return layer.forward(manager.ones(new Shape(NUMBERS))).toFloatArray();
  }
}
