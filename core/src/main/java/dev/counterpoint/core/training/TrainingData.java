package dev.counterpoint.core.training;

import ai.djl.Device;
import dev.counterpoint.core.data.BatchLoader;
import dev.counterpoint.core.data.Dataset;
import dev.counterpoint.core.data.EpochOrder;

/** The training split in the order that a run takes it. */
final class TrainingData {
  private final Dataset dataset;
  private final TrainingConfig config;
  private final long seed;

  TrainingData(Dataset dataset, TrainingConfig config, long seed) {
    this.dataset = dataset;
    this.config = config;
    this.seed = seed;
  }

  long stepsPerEpoch() {
    return (dataset.size() + config.batchSize() - 1) / config.batchSize();
  }

  /** The steps of an epoch from a place in it. */
  BatchLoader load(int epoch, long fromStep, Share share, Device device) {
    return new BatchLoader(dataset, order(epoch), fromStep, share, config.microBatch(), device);
  }

  /** Where an item came from, as far as its data set can say. */
  String origin(long item) {
    return dataset instanceof Dataset.Traceable traceable ? traceable.origin(item) : "item " + item;
  }

  private EpochOrder order(int epoch) {
    return config.groupByLength() && dataset instanceof Dataset.OfVariableLength byLength
        ? EpochOrder.groupedByLength(byLength, config.batchSize(), seed, epoch)
        : EpochOrder.shuffled(dataset.size(), config.batchSize(), seed, epoch);
  }
}
