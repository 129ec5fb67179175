package dev.counterpoint.core.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.counterpoint.core.kernel.Precision;
import dev.counterpoint.core.optimizer.AdamW;
import dev.counterpoint.core.optimizer.AverageWeights;
import dev.counterpoint.core.optimizer.ParameterGroup;
import dev.counterpoint.core.schedule.Linear;
import dev.counterpoint.core.settings.InvalidSettings;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TrainingConfigTest {
  private static final TrainingConfig DEFAULTS = TrainingConfig.defaults();
  private static final ParameterGroup GROUP = new ParameterGroup(List.of("a*"), 0.1, null);

  @Test
  void defaultsAreThreeEpochsOfBatchesOf32ClippedAtOne() {
    assertThat(DEFAULTS)
        .isEqualTo(
            new TrainingConfig(
                3,
                null,
                null,
                32,
                null,
                AdamW.defaults(),
                List.of(),
                new Linear(0.1),
                1.0,
                null,
                null,
                null,
                Precision.FLOAT32,
                false,
                List.of(),
                10,
                null));
  }

  @Test
  void zeroEpochsAreRejected() {
    assertThatThrownBy(() -> DEFAULTS.withEpochs(0))
        .isInstanceOf(InvalidSettings.class)
        .hasMessage("epochs 0 must be greater than 0");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, -32})
  void aBatchSizeBelowOneIsRejected(int size) {
    assertThatThrownBy(() -> DEFAULTS.withBatchSize(size))
        .isInstanceOf(InvalidSettings.class)
        .hasMessage("batchSize " + size + " must be greater than 0");
  }

  @Test
  void aMicroBatchSizeBelowOneIsRejected() {
    assertThatThrownBy(() -> DEFAULTS.withMicroBatchSize(0))
        .isInstanceOf(InvalidSettings.class)
        .hasMessage("microBatchSize 0 must be greater than 0");
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, -1, Double.NaN})
  void anInvalidClipNormIsRejected(double clipNorm) {
    assertThatThrownBy(() -> config(3, 32, null, clipNorm, 10))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageStartingWith("clipNorm ");
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, -1, Double.NaN})
  void anInvalidClipValueIsRejected(double clipValue) {
    assertThatThrownBy(() -> DEFAULTS.withClipValue(clipValue))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("clipValue");
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, -0.5, 1.01, Double.NaN})
  void anInvalidLayerDecayIsRejected(double layerDecay) {
    assertThatThrownBy(() -> DEFAULTS.withLayerDecay(layerDecay))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("must be greater than 0 and at most 1");
  }

  @ParameterizedTest
  @ValueSource(doubles = {-0.1, 1, Double.NaN})
  void anInvalidAverageDecayIsRejected(double decay) {
    assertThatThrownBy(() -> new AverageWeights(decay))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("decay");
  }

  @Test
  void allErrorsAreReportedTogether() {
    assertThatThrownBy(() -> config(0, -1, -2, -0.5, 0))
        .hasMessage(
            """
            epochs 0 must be greater than 0
            batchSize -1 must be greater than 0
            reportEvery 0 must be greater than 0
            microBatchSize -2 must be greater than 0
            clipNorm -0.5 must be greater than 0""");
  }

  @Test
  void noClippingAndNoMicroBatchesAreAllowed() {
    TrainingConfig config = config(1, 8, null, null, 1);

    assertThat(config.microBatch()).isEqualTo(8);
    assertThat(config.withMicroBatchSize(3).microBatch()).isEqualTo(3);
  }

  @Test
  void eachCopyMethodChangesOnlyItsKey() {
    TrainingConfig changed =
        DEFAULTS
            .withEpochs(7)
            .withMaxSteps(40)
            .withMaxTime(Duration.ofMinutes(3))
            .withBatchSize(6)
            .withMicroBatchSize(5)
            .withOptimizer(AdamW.of(0.5))
            .withSchedule(new Linear(0.25))
            .withParameterGroups(List.of(GROUP))
            .withClipNorm(null)
            .withClipValue(0.5)
            .withLayerDecay(0.8)
            .withAverageWeights(new AverageWeights(0.9))
            .withPrecision(Precision.BFLOAT16);

    assertThat(changed)
        .isEqualTo(
            new TrainingConfig(
                7,
                40,
                Duration.ofMinutes(3),
                6,
                5,
                AdamW.of(0.5),
                List.of(GROUP),
                new Linear(0.25),
                null,
                0.5,
                0.8,
                new AverageWeights(0.9),
                Precision.BFLOAT16,
                false,
                List.of(),
                10,
                null));
  }

  @Test
  void listsAreCopied() {
    List<String> freeze = new ArrayList<>(List.of("a"));
    TrainingConfig config =
        new TrainingConfig(
            1,
            null,
            null,
            1,
            null,
            AdamW.defaults(),
            List.of(),
            new Linear(0),
            null,
            null,
            null,
            null,
            Precision.FLOAT32,
            false,
            freeze,
            1,
            null);

    freeze.add("b");

    assertThat(config.freeze()).containsExactly("a");
  }

  private static TrainingConfig config(
      int epochs, int batchSize, Integer microBatchSize, Double clipNorm, int reportEvery) {
    return new TrainingConfig(
        epochs,
        null,
        null,
        batchSize,
        microBatchSize,
        AdamW.defaults(),
        List.of(),
        new Linear(0.1),
        clipNorm,
        null,
        null,
        null,
        Precision.FLOAT32,
        false,
        List.of(),
        reportEvery,
        null);
  }
}
