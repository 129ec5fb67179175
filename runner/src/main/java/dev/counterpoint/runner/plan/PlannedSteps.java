package dev.counterpoint.runner.plan;

import dev.counterpoint.core.callback.BestModel;
import dev.counterpoint.core.checkpoint.CheckpointPolicy;
import dev.counterpoint.core.training.TrainingConfig;
import dev.counterpoint.runner.wiring.RunFile;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;

/**
 * The numbers of steps, validations and checkpoints of a run that does not stop early.
 *
 * @param perEpoch optimizer steps of an epoch
 * @param total optimizer steps of the training
 * @param validations the number of validations
 * @param checkpoints the number of checkpoints by steps and at the ends of epochs
 * @param keptCheckpoints the number of checkpoints on disk at the end, with the best one
 * @param learningRates the learning rate at some steps
 */
record PlannedSteps(
    long perEpoch,
    long total,
    long validations,
    long checkpoints,
    long keptCheckpoints,
    List<Rate> learningRates) {

  /** The learning rate of a step, which is counted from 1. */
  record Rate(long step, double learningRate) {}

  /**
   * Computes the steps of a run.
   *
   * @param examples the number of examples of the training split
   * @param validates whether there is a validation split
   */
  static PlannedSteps of(RunFile run, long examples, boolean validates) {
    TrainingConfig training = run.training();
    CheckpointPolicy policy = run.checkpoint();
    long perEpoch = (examples + training.batchSize() - 1) / training.batchSize();
    long all = Math.multiplyExact(perEpoch, training.epochs());
    Integer maxSteps = training.maxSteps();
    long total = maxSteps == null ? all : Math.min(all, maxSteps);
    long epochs = (total + perEpoch - 1) / perEpoch;
    TrainingConfig.Interval interval = training.validateEvery();
    long validations =
        interval == null ? epochs : (total + interval.steps() - 1) / interval.steps();
    long bySteps = policy.everySteps() == 0 ? 0 : total / policy.everySteps();
    long both =
        policy.everySteps() == 0
            ? 0
            : LongStream.rangeClosed(1, epochs)
                .filter(epoch -> Math.min(total, epoch * perEpoch) % policy.everySteps() == 0)
                .count();
    long checkpoints = bySteps + epochs - both;
    boolean best = run.callbacks().stream().anyMatch(BestModel.Config.class::isInstance);
    return new PlannedSteps(
        perEpoch,
        total,
        validates ? validations : 0,
        checkpoints,
        Math.min(policy.keep(), checkpoints) + (best ? 1 : 0),
        rates(training, total));
  }

  private static List<Rate> rates(TrainingConfig training, long total) {
    List<Rate> rates = new ArrayList<>();
    LongStream.of(1, 2, total / 10, total / 4, total / 2, 3 * total / 4, total)
        .filter(step -> step >= 1 && step <= total)
        .distinct()
        .sorted()
        .forEach(step -> rates.add(new Rate(step, rate(training, step, total))));
    return rates;
  }

  private static double rate(TrainingConfig training, long step, long total) {
    return training.schedule().learningRate(training.optimizer().learningRate(), step, total);
  }

  /** Whether step 1 is lost: its learning rate is 0, and step 2 has the highest rate already. */
  boolean losesFirstStep() {
    double highest = learningRates.stream().mapToDouble(Rate::learningRate).max().orElse(0);
    return learningRates.get(0).learningRate() == 0
        && (total == 1 || learningRates.get(1).learningRate() >= highest);
  }
}
