package dev.counterpoint.core.training;

import dev.counterpoint.core.kernel.Precision;
import dev.counterpoint.core.optimizer.AdamW;
import dev.counterpoint.core.optimizer.AverageWeights;
import dev.counterpoint.core.optimizer.LayerDecay;
import dev.counterpoint.core.optimizer.OptimizerConfig;
import dev.counterpoint.core.optimizer.ParameterGroup;
import dev.counterpoint.core.schedule.Linear;
import dev.counterpoint.core.schedule.Schedule;
import dev.counterpoint.core.settings.Checks;
import dev.counterpoint.core.settings.RecordCopy;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Training settings: the {@code training:} of a run file.
 *
 * @param epochs passes over the training split
 * @param batchSize examples of an optimizer step, over all processes and micro-batches
 * @param microBatchSize the most examples that are computed at once; absent: the whole shard
 * @param optimizer the algorithm, with its learning rate
 * @param parameterGroups what differs for parameters of certain names; the first that matches
 *     counts
 * @param schedule from the optimizer's learning rate to the learning rate of each step
 * @param clipNorm the largest global 2-norm of a gradient; absent: no clipping by it
 * @param clipValue the largest absolute value in a gradient, after {@code clipNorm}; absent: no
 *     clipping by it
 * @param layerDecay the factor from the learning rate of a layer to the learning rate of the layer
 *     below, over 0 and at most 1; absent: all layers have the same. See {@link LayerDecay}
 * @param averageWeights whether an average of the weights is kept, validated and saved; absent: the
 *     weights themselves are
 * @param precision of matrix products
 * @param groupByLength whether batches have examples of similar length, so that there is little
 *     padding
 * @param freeze name patterns of parameters that are not trained
 * @param reportEvery steps between two training rows in the metrics
 */
public record TrainingConfig(
    int epochs,
    int batchSize,
    @Nullable Integer microBatchSize,
    OptimizerConfig optimizer,
    List<ParameterGroup> parameterGroups,
    Schedule schedule,
    @Nullable Double clipNorm,
    @Nullable Double clipValue,
    @Nullable Double layerDecay,
    @Nullable AverageWeights averageWeights,
    Precision precision,
    boolean groupByLength,
    List<String> freeze,
    int reportEvery) {
  public TrainingConfig {
    Checks checks =
        new Checks()
            .positive("epochs", epochs)
            .positive("batchSize", batchSize)
            .positive("reportEvery", reportEvery)
            .positive("microBatchSize", microBatchSize)
            .positive("clipNorm", clipNorm)
            .positive("clipValue", clipValue);
    if (layerDecay != null) {
      checks.that(
          layerDecay > 0 && layerDecay <= 1,
          "layerDecay",
          layerDecay,
          "must be over 0, and at most 1");
    }
    checks.verify();
    parameterGroups = List.copyOf(parameterGroups);
    freeze = List.copyOf(freeze);
  }

  /**
   * Three epochs of AdamW at 1e-3, batches of 32, a tenth of the steps to warm up, clipping at 1.
   */
  public static TrainingConfig defaults() {
    return new TrainingConfig(
        3,
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
        10);
  }

  /** The same for another number of epochs. */
  public TrainingConfig withEpochs(int epochs) {
    return RecordCopy.with(this, "epochs", epochs);
  }

  /** The same with other batches. */
  public TrainingConfig withBatchSize(int batchSize) {
    return RecordCopy.with(this, "batchSize", batchSize);
  }

  /** The same computed in smaller parts. */
  public TrainingConfig withMicroBatchSize(int microBatchSize) {
    return RecordCopy.with(this, "microBatchSize", microBatchSize);
  }

  /** The same with another optimizer. */
  public TrainingConfig withOptimizer(OptimizerConfig optimizer) {
    return RecordCopy.with(this, "optimizer", optimizer);
  }

  /** The same with other learning rates or decays for parameters of certain names. */
  public TrainingConfig withParameterGroups(List<ParameterGroup> parameterGroups) {
    return RecordCopy.with(this, "parameterGroups", parameterGroups);
  }

  /** The same with batches of examples of similar length, or of any. */
  public TrainingConfig withGroupByLength(boolean groupByLength) {
    return RecordCopy.with(this, "groupByLength", groupByLength);
  }

  /** The same with another schedule. */
  public TrainingConfig withSchedule(Schedule schedule) {
    return RecordCopy.with(this, "schedule", schedule);
  }

  /** The same with gradients clipped to another norm; null for none. */
  public TrainingConfig withClipNorm(@Nullable Double clipNorm) {
    return RecordCopy.with(this, "clipNorm", clipNorm);
  }

  /** The same with each gradient clipped to a value; null for none. */
  public TrainingConfig withClipValue(@Nullable Double clipValue) {
    return RecordCopy.with(this, "clipValue", clipValue);
  }

  /** The same with lower learning rates in lower layers; null for a single learning rate. */
  public TrainingConfig withLayerDecay(@Nullable Double layerDecay) {
    return RecordCopy.with(this, "layerDecay", layerDecay);
  }

  /** The same with an average of the weights; null for none. */
  public TrainingConfig withAverageWeights(@Nullable AverageWeights averageWeights) {
    return RecordCopy.with(this, "averageWeights", averageWeights);
  }

  /** The same with matrix products in another precision. */
  public TrainingConfig withPrecision(Precision precision) {
    return RecordCopy.with(this, "precision", precision);
  }

  /** The most examples computed at once. */
  public int microBatch() {
    return microBatchSize == null ? batchSize : microBatchSize;
  }
}
