package dev.counterpoint.core.data;

import ai.djl.Device;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * What one process computes of one optimizer step: its share of the step's items, as native batches
 * that it owns until closed.
 */
public final class StepBatch implements AutoCloseable {
  private final long[] items;
  private final int globalItems;
  private final List<Batch> microBatches = new ArrayList<>();

  /**
   * Assembles a step.
   *
   * @param stepItems the items of the step over all processes
   * @param share this process's part of the items of a step
   * @param microBatchSize the most items of one batch
   */
  public StepBatch(
      Dataset dataset,
      long[] stepItems,
      UnaryOperator<long[]> share,
      int microBatchSize,
      Device device) {
    items = share.apply(stepItems);
    globalItems = stepItems.length;
    try {
      for (int from = 0; from < items.length; from += microBatchSize) {
        int to = Math.min(items.length, from + microBatchSize);
        microBatches.add(new Batch(dataset.collate(Arrays.copyOfRange(items, from, to)), device));
      }
    } catch (RuntimeException | Error e) {
      close();
      throw e;
    }
  }

  /** The items of this process, in the order of the micro-batches; not a copy. */
  public long[] items() {
    return items;
  }

  /** Items of the step over all processes. */
  public int globalItems() {
    return globalItems;
  }

  /**
   * The items of this process in batches of at most the micro-batch size; none where it has none.
   */
  public List<Batch> microBatches() {
    return List.copyOf(microBatches);
  }

  @Override
  public void close() {
    microBatches.forEach(Batch::close);
  }
}
