package dev.counterpoint.core.training;

import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.distributed.Collective;
import dev.counterpoint.core.loss.LossSum;
import java.util.Map;
import java.util.TreeMap;

/**
 * Measurements of one step: loss, weight and tokens of this process while its micro-batches are
 * computed, and of all processes after {@link #allReduce}; gradient norm and learning rate.
 */
final class StepTotals {
  private static final int NONE = -1;

  private final Collective collective;
  private final long begin = System.nanoTime();
  private double loss;
  private double weight;
  private long tokens;
  private final Map<String, Double> auxiliary = new TreeMap<>();
  private double ownWeight;
  private boolean stop;
  private int notFinite = NONE;
  private int microBatches;
  private double norm;
  private double learningRate;

  StepTotals(Collective collective) {
    this.collective = collective;
  }

  /** The rank of this process. */
  int rank() {
    return collective.rank();
  }

  /** Adds a micro-batch of this process. */
  void add(LossSum sum, Batch batch) {
    double total = sum.total(); // device-to-host synchronization: the loss
    if (!Double.isFinite(total) && notFinite == NONE) {
      notFinite = microBatches;
    }
    loss += total;
    weight += sum.weight(); // device-to-host synchronization, already done by the line above
    sum.auxiliary().forEach((name, part) -> auxiliary.merge(name, part, Double::sum));
    tokens += batch.tokens();
    microBatches++;
  }

  /** Sums the totals over the processes, in one exchange. */
  void allReduce(boolean stopRequested) {
    ownWeight = weight;
    double names = auxiliary.size();
    double[] sums =
        collective.allReduce(
            loss, weight, (double) tokens, stopRequested ? 1 : 0, names, names > 0 ? 1 : 0);
    loss = sums[0];
    weight = sums[1];
    tokens = (long) sums[2];
    stop = sums[3] > 0;
    if (sums[4] > 0) {
      allReduceAuxiliary(sums[4] / sums[5]);
    }
  }

  /**
   * Sums the auxiliary losses over the processes.
   *
   * @param names the mean of their number; a process without examples in this step has none
   */
  private void allReduceAuxiliary(double names) {
    requireSameNames(auxiliary.size() == names);
    double[] own = new double[(int) names + 2]; // the losses, a hash of their names, and 1
    int i = 0;
    for (double part : auxiliary.values()) {
      own[i++] = part;
    }
    int hash = auxiliary.keySet().hashCode();
    own[own.length - 2] = hash;
    own[own.length - 1] = auxiliary.isEmpty() ? 0 : 1;
    double[] sums = collective.allReduce(own);
    requireSameNames(sums[own.length - 2] == hash * sums[own.length - 1]);
    i = 0;
    for (Map.Entry<String, Double> part : auxiliary.entrySet()) {
      part.setValue(sums[i++]);
    }
  }

  private void requireSameNames(boolean same) {
    if (!same && !auxiliary.isEmpty()) {
      throw new IllegalStateException(
          "Every process must have the same auxiliary losses, but this process has "
              + auxiliary.keySet()
              + ".");
    }
  }

  /**
   * The factor that scales the summed gradients to the gradient of the mean loss of the batch.
   *
   * @param summed the number of processes whose gradients have been summed
   */
  double scale(int summed) {
    return (double) collective.worldSize() / summed / weight;
  }

  /**
   * Sets the gradient norm. Processes that have not summed their gradients report the root mean
   * square of their norms.
   */
  void setNorm(double own, int summed) {
    int processes = collective.worldSize();
    norm = summed == processes ? own : Math.sqrt(collective.allReduce(own * own)[0] / processes);
  }

  void setLearningRate(double learningRate) {
    this.learningRate = learningRate;
  }

  /** The 2-norm of the gradient of the mean loss, before clipping. */
  double norm() {
    return norm;
  }

  /** The learning rate of the optimizer itself; parameter groups can have a different one. */
  double learningRate() {
    return learningRate;
  }

  /** The sum of the losses. */
  double loss() {
    return loss;
  }

  /** The number of examples or tokens that count in the loss. */
  double weight() {
    return weight;
  }

  double meanLoss() {
    return loss / weight;
  }

  /** The means of the auxiliary losses, which are part of the mean loss, by name. */
  Map<String, Double> meanAuxiliary() {
    Map<String, Double> means = new TreeMap<>();
    auxiliary.forEach((name, part) -> means.put(name, part / weight));
    return means;
  }

  /** The number of tokens that are not padding. */
  long tokens() {
    return tokens;
  }

  /** Whether any process was requested to stop. */
  boolean stopRequested() {
    return stop;
  }

  /** Seconds since the step began. */
  double seconds() {
    return (System.nanoTime() - begin) * 1e-9;
  }

  /** The number of examples or tokens of this process that count in the loss. */
  double ownWeight() {
    return ownWeight;
  }

  /** The index of the next micro-batch of this process, from 0. */
  int microBatch() {
    return microBatches;
  }

  /** The index of the first micro-batch of this process whose loss is not finite; -1 if none. */
  int notFiniteBatch() {
    return notFinite;
  }
}
