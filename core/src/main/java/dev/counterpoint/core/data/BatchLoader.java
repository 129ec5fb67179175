package dev.counterpoint.core.data;

import ai.djl.Device;
import dev.counterpoint.core.thread.SingleThread;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Queue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.function.LongFunction;
import java.util.function.UnaryOperator;

/**
 * The steps of an epoch, assembled ahead on one background thread while the step before is
 * computed. Who takes a {@link StepBatch} closes it; {@link #close} closes those that were not
 * taken.
 */
public final class BatchLoader implements Iterator<StepBatch>, AutoCloseable {
  private static final int AHEAD = 2;

  private final LongFunction<StepBatch> assemble;
  private final long steps;
  private final SingleThread thread = new SingleThread("batch-loader");
  private final Queue<Future<StepBatch>> ahead = new ArrayDeque<>();
  private long toAsk;

  /**
   * Begins at any step of the epoch as fast as at the first.
   *
   * @param firstStep counted from 0 within the epoch
   * @param share this process's part of the items of a step
   * @param microBatchSize the most items of one batch
   */
  public BatchLoader(
      Dataset dataset,
      ShuffledSampler order,
      long firstStep,
      UnaryOperator<long[]> share,
      int microBatchSize,
      Device device) {
    assemble = step -> new StepBatch(dataset, order.items(step), share, microBatchSize, device);
    steps = order.steps();
    toAsk = firstStep;
    for (int i = 0; i < AHEAD; i++) {
      ask();
    }
  }

  @Override
  public synchronized boolean hasNext() {
    return !ahead.isEmpty();
  }

  /**
   * The next step; waits for it where it is not ready.
   *
   * <p>What the data set throws is thrown here as itself, and again whenever the step is asked for.
   *
   * @throws CancellationException where this thread is interrupted while it waits
   */
  @Override
  public synchronized StepBatch next() {
    Future<StepBatch> next = ahead.peek();
    if (next == null) {
      throw new NoSuchElementException("The epoch is over, or its loader is closed.");
    }
    StepBatch batch = await(next);
    ahead.remove();
    ask();
    return batch;
  }

  /**
   * Closes what was prepared and not taken. Steps that were begun are waited for, not interrupted:
   * an interrupt could close the files under the data set.
   */
  @Override
  public synchronized void close() {
    thread.close();
    ahead.forEach(BatchLoader::discard);
    ahead.clear();
  }

  /** Has the thread assemble one step more, if the epoch has one. */
  private void ask() {
    if (toAsk < steps) {
      long step = toAsk++;
      ahead.add(thread.submit(() -> assemble.apply(step)));
    }
  }

  private static StepBatch await(Future<StepBatch> step) {
    try {
      return step.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CancellationException("Interrupted while waiting for data.");
    } catch (ExecutionException e) {
      throw itself(e);
    }
  }

  private static void discard(Future<StepBatch> done) {
    try {
      done.get().close();
    } catch (ExecutionException e) {
      // A step that failed has closed its batches itself, and nobody waits for it any more.
    } catch (InterruptedException e) {
      throw new IllegalStateException("A step that is done made its loader wait.", e);
    }
  }

  private static RuntimeException itself(ExecutionException e) {
    if (e.getCause() instanceof RuntimeException cause) {
      return cause;
    }
    if (e.getCause() instanceof Error cause) {
      throw cause;
    }
    return new IllegalStateException(e.getCause());
  }
}
