package dev.counterpoint.core.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
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
        assertThat(value).isCloseTo((float) (1 / 0.7), within(1e-6f));
      }
    }
    assertThat(zeros / (double) NUMBERS).isCloseTo(0.3, within(0.01));
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
