package dev.counterpoint.core.data;

import ai.djl.Device;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * One process's part of an optimizer step: its examples as native micro-batches, which this object
 * owns until it is closed.
 */
public final class StepBatch implements AutoCloseable {
  private final long[] indices;
  private final int globalExamples;
  private final List<Batch> microBatches = new ArrayList<>();
  private double waitSeconds;

  /**
   * Assembles a step.
   *
   * @param stepIndices the example indices of the step, for all processes together
   * @param shard selects this process's part of a step's example indices
   * @param microBatchSize the maximum number of examples in one batch
   */
  public StepBatch(
      Dataset dataset,
      long[] stepIndices,
      UnaryOperator<long[]> shard,
      int microBatchSize,
      Device device) {
    indices = shard.apply(stepIndices);
    globalExamples = stepIndices.length;
    try {
      for (int from = 0; from < indices.length; from += microBatchSize) {
        int to = Math.min(indices.length, from + microBatchSize);
        microBatches.add(new Batch(dataset.collate(Arrays.copyOfRange(indices, from, to)), device));
      }
    } catch (RuntimeException | Error e) {
      close();
      throw e;
    }
  }

  /** Example indices of this process, in the order of the micro-batches; not a copy. */
  public long[] indices() {
    return indices;
  }

  /** Number of examples in the step, over all processes. */
  public int globalExamples() {
    return globalExamples;
  }

  void setWait(double seconds) {
    waitSeconds = seconds;
  }

  /** Seconds that the training loop waited for the data of this step. */
  public double waitSeconds() {
    return waitSeconds;
  }

  /**
   * The examples of this process in batches of at most the micro-batch size; empty if this process
   * has no examples in the step.
   */
  public List<Batch> microBatches() {
    return List.copyOf(microBatches);
  }

  @Override
  public void close() {
    microBatches.forEach(Batch::close);
  }
}
