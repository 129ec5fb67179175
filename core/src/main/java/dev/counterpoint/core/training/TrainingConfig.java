package dev.counterpoint.core.training;

import dev.counterpoint.core.data.Dataset;
import dev.counterpoint.core.data.ShuffledSampler;
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
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Training settings: the {@code training:} section of a run file.
 *
 * @param epochs the number of passes over the training split
 * @param maxSteps the run ends after this number of optimizer steps, if not before, and the
 *     learning rate schedule spans them; absent: only {@code epochs} counts
 * @param maxTime the run ends after this time in training steps, over all restarts; absent: only
 *     {@code epochs} counts
 * @param batchSize the number of examples in an optimizer step, over all processes and
 *     micro-batches
 * @param microBatchSize the maximum number of examples computed at once; absent: the whole shard
 * @param optimizer the optimizer, with its learning rate
 * @param parameterGroups other learning rates or weight decays for parameters with matching names;
 *     the first match applies
 * @param schedule the learning rate schedule, relative to the learning rate of the optimizer
 * @param clipNorm the maximum global 2-norm of the gradient; absent: no clipping by norm
 * @param clipValue the maximum absolute value of a gradient element, applied after {@code
 *     clipNorm}; absent: no clipping by value
 * @param layerDecay the factor from the learning rate of a layer to the learning rate of the layer
 *     below, over 0 and at most 1; absent: the same learning rate in all layers. See {@link
 *     LayerDecay}
 * @param averageWeights the average of the weights that is validated and saved; absent: the weights
 *     themselves are
 * @param precision the precision of matmuls
 * @param groupByLength whether a batch has examples of similar length, to reduce padding
 * @param freeze name patterns of parameters that are not trained
 * @param reportEvery the number of steps between two training rows in the metrics
 * @param validateEvery when the model is validated, besides after the last step; absent: after each
 *     epoch
 */
public record TrainingConfig(
    int epochs,
    @Nullable Integer maxSteps,
    @Nullable Duration maxTime,
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
    int reportEvery,
    @Nullable Interval validateEvery) {
  /**
   * Interval between two validations.
   *
   * @param steps the number of optimizer steps, counted over all epochs
   */
  public record Interval(int steps) {
    public Interval {
      new Checks().positive("steps", steps).verify();
    }
  }

  public TrainingConfig {
    new Checks()
        .positive("epochs", epochs)
        .positive("maxSteps", maxSteps)
        .positive("maxTime", maxTime == null ? null : maxTime.toMillis())
        .positive("batchSize", batchSize)
        .positive("reportEvery", reportEvery)
        .positive("microBatchSize", microBatchSize)
        .positive("clipNorm", clipNorm)
        .positive("clipValue", clipValue)
        .fraction("layerDecay", layerDecay)
        .verify();
    parameterGroups = List.copyOf(parameterGroups);
    freeze = List.copyOf(freeze);
  }

  /**
   * Three epochs of AdamW with learning rate 1e-3, batch size 32, warmup over a tenth of the steps,
   * gradient clipping at norm 1.
   */
  public static TrainingConfig defaults() {
    return RecordCopy.of(
        TrainingConfig.class,
        Map.of(
            "epochs",
            3,
            "batchSize",
            32,
            "optimizer",
            AdamW.defaults(),
            "parameterGroups",
            List.of(),
            "schedule",
            new Linear(0.1),
            "clipNorm",
            1.0,
            "precision",
            Precision.FLOAT32,
            "freeze",
            List.of(),
            "reportEvery",
            10));
  }

  /** Returns a copy with the given number of epochs. */
  public TrainingConfig withEpochs(int epochs) {
    return RecordCopy.with(this, "epochs", epochs);
  }

  /** Returns a copy with the given maximum number of steps; null for none. */
  public TrainingConfig withMaxSteps(@Nullable Integer maxSteps) {
    return RecordCopy.with(this, "maxSteps", maxSteps);
  }

  /** Returns a copy with the given maximum time; null for none. */
  public TrainingConfig withMaxTime(@Nullable Duration maxTime) {
    return RecordCopy.with(this, "maxTime", maxTime);
  }

  /** Returns a copy with the given batch size. */
  public TrainingConfig withBatchSize(int batchSize) {
    return RecordCopy.with(this, "batchSize", batchSize);
  }

  /** Returns a copy with the given micro-batch size. */
  public TrainingConfig withMicroBatchSize(int microBatchSize) {
    return RecordCopy.with(this, "microBatchSize", microBatchSize);
  }

  /** Returns a copy with the given optimizer. */
  public TrainingConfig withOptimizer(OptimizerConfig optimizer) {
    return RecordCopy.with(this, "optimizer", optimizer);
  }

  /** Returns a copy with the given parameter groups. */
  public TrainingConfig withParameterGroups(List<ParameterGroup> parameterGroups) {
    return RecordCopy.with(this, "parameterGroups", parameterGroups);
  }

  /** Returns a copy with or without grouping by length. */
  public TrainingConfig withGroupByLength(boolean groupByLength) {
    return RecordCopy.with(this, "groupByLength", groupByLength);
  }

  /** Returns a copy with the given schedule. */
  public TrainingConfig withSchedule(Schedule schedule) {
    return RecordCopy.with(this, "schedule", schedule);
  }

  /** Returns a copy with the given maximum gradient norm; null for no clipping by norm. */
  public TrainingConfig withClipNorm(@Nullable Double clipNorm) {
    return RecordCopy.with(this, "clipNorm", clipNorm);
  }

  /** Returns a copy with the given maximum gradient value; null for no clipping by value. */
  public TrainingConfig withClipValue(@Nullable Double clipValue) {
    return RecordCopy.with(this, "clipValue", clipValue);
  }

  /** Returns a copy with the given layer decay; null for the same learning rate in all layers. */
  public TrainingConfig withLayerDecay(@Nullable Double layerDecay) {
    return RecordCopy.with(this, "layerDecay", layerDecay);
  }

  /** Returns a copy with the given interval of validations; null for each epoch. */
  public TrainingConfig withValidateEvery(@Nullable Interval validateEvery) {
    return RecordCopy.with(this, "validateEvery", validateEvery);
  }

  /** Returns a copy with the given weight average; null for none. */
  public TrainingConfig withAverageWeights(@Nullable AverageWeights averageWeights) {
    return RecordCopy.with(this, "averageWeights", averageWeights);
  }

  /** Returns a copy with the given precision of matmuls. */
  public TrainingConfig withPrecision(Precision precision) {
    return RecordCopy.with(this, "precision", precision);
  }

  /**
   * The order of the examples in one epoch, which determines the examples of each step.
   *
   * @param seed the seed of the run
   * @param epoch the epoch, from 1
   */
  public ShuffledSampler sampler(Dataset dataset, long seed, int epoch) {
    return groupByLength && dataset instanceof Dataset.OfVariableLength byLength
        ? ShuffledSampler.groupedByLength(byLength, batchSize, seed, epoch)
        : ShuffledSampler.shuffled(dataset.size(), batchSize, seed, epoch);
  }

  /** The maximum number of examples computed at once. */
  public int microBatch() {
    return microBatchSize == null ? batchSize : microBatchSize;
  }
}
