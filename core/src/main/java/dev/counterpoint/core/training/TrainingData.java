package dev.counterpoint.core.training;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.data.BatchLoader;
import dev.counterpoint.core.data.Dataset;
import dev.counterpoint.core.data.ShuffledSampler;
import dev.counterpoint.core.data.StepBatch;
import dev.counterpoint.core.data.source.DataSplits;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** The training split, shuffled by the seed of the run. */
record TrainingData(DataSplits data, TrainingConfig config, long seed) {
  /** The number of optimizer steps of one epoch. */
  long stepsPerEpoch() {
    return (dataset().size() + config.batchSize() - 1) / config.batchSize();
  }

  /** As {@link DataSplits#fingerprint()}. */
  String fingerprint() {
    return data.fingerprint();
  }

  private Dataset dataset() {
    return data.train();
  }

  /**
   * The settings that determine, together with the seed and the data, the examples of a step. The
   * names are stored in checkpoints.
   */
  Map<String, String> order() {
    Map<String, String> order = new LinkedHashMap<>();
    order.put("number of items", Long.toString(dataset().size()));
    order.put("batch size", Integer.toString(config.batchSize()));
    order.put("grouping by length", Boolean.toString(config.groupByLength()));
    return order;
  }

  /** Loads the remaining steps of the current epoch: of each step, the shard of this process. */
  BatchLoader load(TrainState state, TrainingStrategy strategy) {
    Dataset train = dataset();
    Dataset examples = train instanceof Dataset.OfEpochs each ? each.ofEpoch(state.epoch()) : train;
    ShuffledSampler order = config.sampler(train, seed, state.epoch());
    UnaryOperator<long[]> shard = strategy.shard();
    Device device = state.model().device();
    return new BatchLoader(
        step -> new StepBatch(examples, order.indices(step), shard, config.microBatch(), device),
        state.stepInEpoch(),
        order.steps());
  }

  /** Checks that the output of the model is not null and that the metrics accept it. */
  void check(@Nullable NDArray output, Batch batch) {
    if (output == null) {
      throw new IllegalArgumentException(
          "The model's forward returned null; it must return the input of the loss, usually logits"
              + " (batch, classes).");
    }
    data.metrics().forEach(metric -> metric.get().check(output, batch));
  }

  /**
   * The origin of an example, such as a file and a line; its number if the dataset does not provide
   * one.
   */
  String origin(long index) {
    return dataset() instanceof Dataset.Traceable traceable
        ? traceable.origin(index)
        : "item " + index;
  }
}
