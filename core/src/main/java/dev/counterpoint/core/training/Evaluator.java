package dev.counterpoint.core.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDScope;
import dev.counterpoint.core.callback.StopSignal;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.data.BatchLoader;
import dev.counterpoint.core.data.Dataset;
import dev.counterpoint.core.data.ShuffledSampler;
import dev.counterpoint.core.data.StepBatch;
import dev.counterpoint.core.distributed.Collective;
import dev.counterpoint.core.distributed.RankCoordinator;
import dev.counterpoint.core.distributed.Shard;
import dev.counterpoint.core.kernel.Torch;
import dev.counterpoint.core.loss.LossSum;
import dev.counterpoint.core.metric.Evaluation;
import dev.counterpoint.core.metric.Metric;
import dev.counterpoint.core.model.BaseModel;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Evaluates the loss and the given metrics of a model on a whole split: each example once, without
 * dropout and gradients.
 *
 * @param batchSize the maximum number of examples computed at once; it does not affect the results
 */
public record Evaluator(BaseModel model, List<Supplier<Metric>> metrics, int batchSize) {

  public Evaluator {
    metrics = List.copyOf(metrics);
  }

  /** Evaluates in a single process. */
  public Evaluation evaluate(Dataset split) {
    RankCoordinator ranks = new RankCoordinator(Collective.singleProcess());
    return evaluate(split, ranks, new StopSignal()).orElseThrow();
  }

  /**
   * Evaluates one shard in each process; the result is the same in all processes.
   *
   * @return the evaluation; empty if a process was interrupted before its end
   */
  Optional<Evaluation> evaluate(Dataset split, RankCoordinator ranks, StopSignal stop) {
    Collective collective = ranks.collective();
    List<Metric> measured = metrics.stream().map(Supplier::get).toList();
    StepTotals own = new StepTotals(collective);
    boolean training = model.training();
    model.setTraining(false);
    try (BatchLoader steps = load(split, collective)) {
      while (steps.hasNext()) {
        if (ranks.interrupted(stop)) {
          return Optional.empty();
        }
        try (StepBatch step = steps.next()) {
          for (Batch batch : step.microBatches()) {
            try (NDScope scope = new NDScope();
                Torch.Recording recording = Torch.noGradients()) {
              NDArray output = model.forward(batch);
              LossSum loss = model.loss(output, batch);
              own.add(loss, batch); // device-to-host synchronization: reads the loss
              // device-to-host synchronization: metrics read the output
              measured.forEach(metric -> metric.add(output, batch));
            }
          }
        }
      }
    } finally {
      model.setTraining(training);
    }
    double[] sums = collective.allReduce(own.loss(), own.weight());
    List<double[]> gathered = new ArrayList<>();
    for (Metric metric : measured) {
      double[] state = metric.sums();
      gathered.add(
          metric.concatenates() ? collective.allGather(state) : collective.allReduce(state));
    }
    return Optional.of(Evaluation.of(sums[0], sums[1], split.size(), measured, gathered));
  }

  private BatchLoader load(Dataset split, Collective collective) {
    int processes = collective.worldSize();
    ShuffledSampler order = ShuffledSampler.inOrder(split.size(), batchSize * processes);
    Shard shard = Shard.of(collective.rank(), processes);
    return new BatchLoader(
        step -> new StepBatch(split, order.indices(step), shard, batchSize, model.device()),
        0,
        order.steps());
  }
}
