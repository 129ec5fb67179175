package dev.counterpoint.runner.check;

import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.data.Dataset;
import dev.counterpoint.core.data.ShuffledSampler;
import dev.counterpoint.core.data.StepBatch;
import dev.counterpoint.core.distributed.Collective;
import dev.counterpoint.core.distributed.Shard;
import dev.counterpoint.core.kernel.ForwardScope;
import dev.counterpoint.core.kernel.Torch;
import dev.counterpoint.core.loss.LossSum;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.parameter.Gradients;
import dev.counterpoint.strategies.distributed.InMemoryRanks;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Gradient equivalence check: compares the gradient of one global batch, computed in one pass, with
 * the gradient of the same batch split into micro-batches and over ranks. They agree up to rounding
 * if the loss of an example depends only on that example.
 *
 * <p>Dropout is off in the comparison, because it would draw different random numbers for each
 * part. Whether the model is random in training mode is detected by two forward passes with
 * different seeds. A model without randomness is also compared in training mode, in which layers
 * with batch statistics, such as batch norm, depend on how the batch is split.
 */
public final class EquivalenceCheck {
  /**
   * The minimum magnitude for relative differences, as a fraction of the largest gradient of the
   * model. A gradient that is zero except for rounding, such as that of an attention's key bias,
   * has no significant digits to compare.
   */
  private static final double MIN_RELATIVE_SIZE = 1e-3;

  private final BaseModel model;
  private final Dataset dataset;
  private final long[] examples;

  /**
   * A check of an initialized model.
   *
   * @param batchSize the number of examples in the batch, taken from the start of the shuffled
   *     order for this seed
   */
  public EquivalenceCheck(BaseModel model, Dataset dataset, int batchSize, long seed) {
    this.model = model;
    this.dataset = dataset;
    examples = ShuffledSampler.shuffled(dataset.size(), batchSize, seed, 1).indices(0);
  }

  /**
   * The result of the check.
   *
   * @param random whether the model is random in training mode, for example by dropout
   * @param findings one for each way of splitting the batch
   */
  public record Outcome(boolean random, List<Finding> findings) {}

  /**
   * The difference between a split batch and the batch computed in one pass.
   *
   * @param way how the batch was split, such as {@code micro-batches of 8}
   * @param loss the relative difference of the mean loss
   * @param parameter the parameter with the largest gradient difference
   * @param gradient the maximum difference of that gradient, relative to its largest element
   */
  public record Finding(String way, double loss, String parameter, double gradient) {
    /** Whether both differences are at most the tolerance; false for NaN. */
    public boolean within(double tolerance) {
      return loss <= tolerance && gradient <= tolerance;
    }
  }

  /** Runs all comparisons. */
  public Outcome run() {
    Result first = compute(1, examples.length, true, 1);
    Result reseeded = compute(1, examples.length, true, 2);
    boolean random = first.difference("", reseeded).gradient() != 0;
    List<Finding> findings = new ArrayList<>();
    compare(false, random ? "" : " (evaluation mode)", findings);
    if (!random) {
      compare(true, "", findings);
    }
    return new Outcome(random, findings);
  }

  private void compare(boolean training, String remark, List<Finding> findings) {
    Result onePass = compute(1, examples.length, training, 1);
    int quarter = Math.max(1, examples.length / 4);
    findings.add(
        onePass.difference(
            "micro-batches of " + quarter + remark, compute(1, quarter, training, 1)));
    for (int worldSize = 2; worldSize <= Math.min(3, examples.length); worldSize++) {
      findings.add(
          onePass.difference(
              worldSize + " ranks" + remark, compute(worldSize, examples.length, training, 1)));
    }
  }

  private Result compute(int worldSize, int microBatchSize, boolean training, long seed) {
    model.setTraining(training);
    return new InMemoryRanks(worldSize)
        .run(collective -> compute(collective, microBatchSize, seed))
        .get(0);
  }

  private Result compute(Collective collective, int microBatchSize, long seed) {
    Shard shard = Shard.of(collective.rank(), collective.worldSize());
    double loss = 0;
    double weight = 0;
    try (Gradients gradients = new Gradients(model.parameters());
        StepBatch step = new StepBatch(dataset, examples, shard, microBatchSize, model.device())) {
      for (Batch batch : step.microBatches()) {
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
   * The loss and gradients of the batch.
   *
   * @param loss the mean loss
   * @param weight the divisor of the gradients, which are sums
   */
  private record Result(double loss, double weight, Map<String, float[]> gradients) {
    Finding difference(String way, Result other) {
      double minSize =
          MIN_RELATIVE_SIZE
              * gradients.values().stream().mapToDouble(Result::maxAbs).max().orElse(0);
      String worst = "none";
      double max = 0;
      for (Map.Entry<String, float[]> gradient : gradients.entrySet()) {
        double relative =
            difference(
                gradient.getValue(), other.gradients.get(gradient.getKey()), other.weight, minSize);
        if (!(relative <= max)) {
          max = relative;
          worst = gradient.getKey();
        }
      }
      return new Finding(way, Math.abs(other.loss - loss) / Math.abs(loss), worst, max);
    }

    private double difference(
        float[] expected, float @Nullable [] actual, double actualWeight, double minSize) {
      double max = 0;
      for (int i = 0; i < expected.length; i++) {
        double value = actual == null ? 0 : actual[i] / actualWeight;
        double difference = Math.abs(expected[i] / weight - value);
        max = difference <= max ? max : difference;
      }
      return max == 0 ? 0 : max / Math.max(maxAbs(expected), minSize) * weight;
    }

    private static double maxAbs(float[] values) {
      double max = 0;
      for (float value : values) {
        max = Math.max(max, Math.abs(value));
      }
      return max;
    }
  }
}
