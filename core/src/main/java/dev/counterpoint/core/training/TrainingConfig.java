package dev.counterpoint.core.training;

import dev.counterpoint.core.optimizer.AdamW;
import dev.counterpoint.core.optimizer.ParameterGroup;
import dev.counterpoint.core.optimizer.UpdateRule;
import dev.counterpoint.core.schedule.Linear;
import dev.counterpoint.core.schedule.Schedule;
import dev.counterpoint.core.settings.Checks;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How a model is trained: the {@code training:} of a run file.
 *
 * @param epochs passes over the training split
 * @param batchSize items an optimizer step, over all processes and micro-batches
 * @param microBatchSize the most items that are computed at once; absent: a process's whole share
 * @param optimizer the algorithm, with its rate
 * @param parameterGroups what differs for parameters of certain names; the first that matches
 *     counts
 * @param schedule from the optimizer's rate to the rate of each step
 * @param clipNorm the largest global 2-norm of a gradient; absent: no clipping
 * @param precision of matrix products
 * @param groupByLength whether batches hold items of like length, so that little of them is padding
 * @param freeze name patterns of parameters that stay as they are
 * @param reportEvery steps between two training rows in the metrics
 */
public record TrainingConfig(
    int epochs,
    int batchSize,
    @Nullable Integer microBatchSize,
    UpdateRule optimizer,
    List<ParameterGroup> parameterGroups,
    Schedule schedule,
    @Nullable Double clipNorm,
    Precision precision,
    boolean groupByLength,
    List<String> freeze,
    int reportEvery) {
  public TrainingConfig {
    Checks checks =
        new Checks()
            .positive("epochs", epochs)
            .positive("batchSize", batchSize)
            .positive("reportEvery", reportEvery);
    if (microBatchSize != null) {
      checks.positive("microBatchSize", microBatchSize);
    }
    if (clipNorm != null) {
      checks.positive("clipNorm", clipNorm);
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
        Precision.FLOAT32,
        false,
        List.of(),
        10);
  }

  /** The same for another number of epochs. */
  public TrainingConfig withEpochs(int epochs) {
    return new TrainingConfig(
        epochs,
        batchSize,
        microBatchSize,
        optimizer,
        parameterGroups,
        schedule,
        clipNorm,
        precision,
        groupByLength,
        freeze,
        reportEvery);
  }

  /** The same with other batches. */
  public TrainingConfig withBatchSize(int batchSize) {
    return new TrainingConfig(
        epochs,
        batchSize,
        microBatchSize,
        optimizer,
        parameterGroups,
        schedule,
        clipNorm,
        precision,
        groupByLength,
        freeze,
        reportEvery);
  }

  /** The same computed in smaller parts. */
  public TrainingConfig withMicroBatchSize(int microBatchSize) {
    return new TrainingConfig(
        epochs,
        batchSize,
        microBatchSize,
        optimizer,
        parameterGroups,
        schedule,
        clipNorm,
        precision,
        groupByLength,
        freeze,
        reportEvery);
  }

  /** The same with another optimizer. */
  public TrainingConfig withOptimizer(UpdateRule optimizer) {
    return new TrainingConfig(
        epochs,
        batchSize,
        microBatchSize,
        optimizer,
        parameterGroups,
        schedule,
        clipNorm,
        precision,
        groupByLength,
        freeze,
        reportEvery);
  }

  /** The same with another schedule. */
  public TrainingConfig withSchedule(Schedule schedule) {
    return new TrainingConfig(
        epochs,
        batchSize,
        microBatchSize,
        optimizer,
        parameterGroups,
        schedule,
        clipNorm,
        precision,
        groupByLength,
        freeze,
        reportEvery);
  }

  /** The most items computed at once. */
  int microBatch() {
    return microBatchSize == null ? batchSize : microBatchSize;
  }
}
