package dev.counterpoint.core.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDScope;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.data.BatchLoader;
import dev.counterpoint.core.data.Dataset;
import dev.counterpoint.core.data.ShuffledSampler;
import dev.counterpoint.core.data.StepBatch;
import dev.counterpoint.core.kernel.Torch;
import dev.counterpoint.core.loss.LossSum;
import dev.counterpoint.core.metric.Evaluation;
import dev.counterpoint.core.metric.Metric;
import dev.counterpoint.core.model.BaseModel;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;

/** Measures a model on a whole split: every item once, without dropout and without gradients. */
public final class Evaluator {
  private final BaseModel model;
  private final List<Supplier<Metric>> metrics;
  private final int batchSize;

  /**
   * Measures the loss and the given metrics.
   *
   * @param batchSize the most items computed at once; the figures do not hang on it
   */
  public Evaluator(BaseModel model, List<Supplier<Metric>> metrics, int batchSize) {
    this.model = model;
    this.metrics = List.copyOf(metrics);
    this.batchSize = batchSize;
  }

  /** The names of all that it measures. */
  Set<String> measures() {
    List<Metric> measured = metrics.stream().map(Supplier::get).toList();
    List<double[]> nothing = measured.stream().map(Metric::sums).toList();
    return Evaluation.of(0, 0, 0, measured, nothing).values().keySet();
  }

  /** Measures in this process alone. */
  public Evaluation evaluate(Dataset split) {
    return evaluate(split, Collective.alone());
  }

  /** Measures together with the other processes, each its share; all get the same figures. */
  public Evaluation evaluate(Dataset split, Collective collective) {
    List<Metric> measured = metrics.stream().map(Supplier::get).toList();
    StepSums own = new StepSums();
    boolean training = model.training();
    model.setTraining(false);
    try (BatchLoader steps = load(split, collective)) {
      while (steps.hasNext()) {
        try (StepBatch items = steps.next()) {
          for (Batch batch : items.microBatches()) {
            try (NDScope scope = new NDScope();
                Torch.Recording recording = Torch.noGradients()) {
              NDArray output = model.forward(batch);
              LossSum loss = model.loss(output, batch);
              own.add(loss, batch);
              measured.forEach(metric -> metric.add(output, batch));
            }
          }
        }
      }
    } finally {
      model.setTraining(training);
    }
    double[] sums = collective.sum(own.loss(), own.weight());
    List<double[]> gathered = new ArrayList<>();
    measured.forEach(metric -> gathered.add(collective.sum(metric.sums())));
    return Evaluation.of(sums[0], sums[1], split.size(), measured, gathered);
  }

  private BatchLoader load(Dataset split, Collective collective) {
    int world = collective.world();
    ShuffledSampler order = ShuffledSampler.inOrder(split.size(), batchSize * world);
    Share share = Share.of(collective.rank(), world);
    return new BatchLoader(split, order, 0, share, batchSize, model.device());
  }
}
