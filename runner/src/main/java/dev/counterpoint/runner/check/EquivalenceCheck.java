package dev.counterpoint.runner.check;

import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.data.Dataset;
import dev.counterpoint.core.data.ShuffledSampler;
import dev.counterpoint.core.data.StepBatch;
import dev.counterpoint.core.kernel.ForwardScope;
import dev.counterpoint.core.kernel.Torch;
import dev.counterpoint.core.loss.LossSum;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.parameter.Gradients;
import dev.counterpoint.core.training.Collective;
import dev.counterpoint.core.training.Shard;
import dev.counterpoint.strategies.distributed.InMemoryRanks;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Compares the gradient of one global batch, computed at once, with that of the same batch cut into
 * micro-batches and over ranks. They agree up to rounding where the loss of an item depends on that
 * item alone.
 *
 * <p>Dropout draws anew for each part, so it is off. Whether the model has any is seen by two
 * passes of the batch in training that are seeded differently; a model that has none is compared in
 * training too, where layers with batch statistics, as batch norm, compute them from what they are
 * given at once.
 */
public final class EquivalenceCheck {
  /**
   * A parameter's gradient counts as at least this part of the largest of all: one that is zero but
   * for rounding, as that of an attention's key bias, has no digits that could agree.
   */
  private static final double LEAST_PART = 1e-3;

  private final BaseModel model;
  private final Dataset dataset;
  private final long[] items;

  /**
   * A check of a model that is initialized.
   *
   * @param batchSize items of the batch, of which the first in the order of the seed are taken
   */
  public EquivalenceCheck(BaseModel model, Dataset dataset, int batchSize, long seed) {
    this.model = model;
    this.dataset = dataset;
    items = ShuffledSampler.shuffled(dataset.size(), batchSize, seed, 1).indices(0);
  }

  /**
   * What came of it.
   *
   * @param random whether the model draws in training, as for dropout
   * @param findings one for each way of computing
   */
  public record Outcome(boolean random, List<Finding> findings) {}

  /**
   * How far one way is from the batch at once.
   *
   * @param loss the relative difference of the mean loss
   * @param parameter whose gradient differs most
   * @param gradient the largest difference of an element of it, as a part of its largest element
   */
  public record Finding(String way, double loss, String parameter, double gradient) {
    /** Whether both are within a tolerance; NaN is not. */
    public boolean within(double tolerance) {
      return loss <= tolerance && gradient <= tolerance;
    }
  }

  /** Computes all ways. */
  public Outcome run() {
    Result once = compute(1, items.length, true, 1);
    Result other = compute(1, items.length, true, 2);
    boolean random = once.difference("", other).gradient() != 0;
    List<Finding> findings = new ArrayList<>();
    compare(false, random ? "" : " (as in a validation)", findings);
    if (!random) {
      compare(true, "", findings);
    }
    return new Outcome(random, findings);
  }

  private void compare(boolean training, String remark, List<Finding> findings) {
    Result whole = compute(1, items.length, training, 1);
    int quarter = Math.max(1, items.length / 4);
    findings.add(
        whole.difference("micro-batches of " + quarter + remark, compute(1, quarter, training, 1)));
    for (int world = 2; world <= Math.min(3, items.length); world++) {
      findings.add(
          whole.difference(world + " ranks" + remark, compute(world, items.length, training, 1)));
    }
  }

  private Result compute(int world, int microBatchSize, boolean training, long seed) {
    model.setTraining(training);
    return new InMemoryRanks(world)
        .run(collective -> compute(collective, microBatchSize, seed))
        .get(0);
  }

  private Result compute(Collective collective, int microBatchSize, long seed) {
    Shard shard = Shard.of(collective.rank(), collective.worldSize());
    double loss = 0;
    double weight = 0;
    try (Gradients gradients = new Gradients(model.parameters());
        StepBatch own = new StepBatch(dataset, items, shard, microBatchSize, model.device())) {
      for (Batch batch : own.microBatches()) {
        Torch.seed(seed);
        try (ForwardScope scope = new ForwardScope();
            Torch.Recording recording = Torch.recordGradients()) {
          NDArray output = model.forward(batch);
          LossSum sum = model.loss(output, batch);
          gradients.add(sum.sum());
          loss += sum.total();
          weight += sum.weight();
        }
      }
      collective.allReduce(gradients);
      double[] sums = collective.allReduce(loss, weight);
      Map<String, float[]> values = new LinkedHashMap<>();
      gradients
          .accumulated()
          .forEach(each -> values.put(each.parameter().name(), each.array().toFloatArray()));
      return new Result(sums[0] / sums[1], sums[1], values);
    }
  }

  /**
   * One way's.
   *
   * @param weight what the gradients, which are sums, are to be divided by
   */
  private record Result(double loss, double weight, Map<String, float[]> gradients) {
    Finding difference(String way, Result other) {
      double least =
          LEAST_PART * gradients.values().stream().mapToDouble(Result::largest).max().orElse(0);
      String worst = "none";
      double most = 0;
      for (Map.Entry<String, float[]> each : gradients.entrySet()) {
        double part =
            difference(each.getValue(), other.gradients.get(each.getKey()), other.weight, least);
        if (!(part <= most)) {
          most = part;
          worst = each.getKey();
        }
      }
      return new Finding(way, Math.abs(other.loss - loss) / Math.abs(loss), worst, most);
    }

    private double difference(
        float[] own, float @Nullable [] other, double otherWeight, double least) {
      double most = 0;
      for (int i = 0; i < own.length; i++) {
        double found = other == null ? 0 : other[i] / otherWeight;
        double difference = Math.abs(own[i] / weight - found);
        most = difference <= most ? most : difference;
      }
      return most == 0 ? 0 : most / Math.max(largest(own), least) * weight;
    }

    private static double largest(float[] values) {
      double largest = 0;
      for (float value : values) {
        largest = Math.max(largest, Math.abs(value));
      }
      return largest;
    }
  }
}
