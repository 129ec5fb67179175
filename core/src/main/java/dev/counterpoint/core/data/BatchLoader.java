package dev.counterpoint.core.data;

import dev.counterpoint.core.internal.thread.SingleThread;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Queue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.function.LongFunction;

/**
 * Iterator over the steps of an epoch that prefetches on one background thread: it assembles the
 * next steps while the current one is computed. The caller closes every {@link StepBatch} it takes;
 * {@link #close} closes the batches that were not taken.
 */
public final class BatchLoader implements Iterator<StepBatch>, AutoCloseable {
  private static final int PREFETCH_STEPS = 2;

  private final LongFunction<StepBatch> assemble;
  private final long steps;
  private final SingleThread thread = new SingleThread("batch-loader");
  private final Queue<Future<StepBatch>> prefetched = new ArrayDeque<>();
  private long nextStep;

  /**
   * Creates a loader.
   *
   * @param assemble returns a step of the epoch, counted from 0
   * @param firstStep the step to start at
   * @param steps the number of steps of the epoch
   */
  public BatchLoader(LongFunction<StepBatch> assemble, long firstStep, long steps) {
    this.assemble = assemble;
    this.steps = steps;
    nextStep = firstStep;
    for (int i = 0; i < PREFETCH_STEPS; i++) {
      prefetch();
    }
  }

  @Override
  public synchronized boolean hasNext() {
    return !prefetched.isEmpty();
  }

  /**
   * Returns the next step, and waits for it if it is not ready.
   *
   * <p>An exception of the dataset is rethrown unchanged, again on every further call.
   *
   * @throws java.util.concurrent.CancellationException if this thread is interrupted while it waits
   */
  @Override
  public synchronized StepBatch next() {
    Future<StepBatch> next = prefetched.peek();
    if (next == null) {
      throw new NoSuchElementException("The epoch has no further steps, or its loader is closed.");
    }
    long begin = System.nanoTime();
    StepBatch batch = SingleThread.await(next, "data");
    batch.setWait((System.nanoTime() - begin) * 1e-9);
    prefetched.remove();
    prefetch();
    return batch;
  }

  /**
   * Closes the batches that were prepared but not taken. Steps in progress are waited for, not
   * interrupted: an interrupt could close the files that the dataset reads from.
   */
  @Override
  public synchronized void close() {
    thread.close();
    prefetched.forEach(BatchLoader::discard);
    prefetched.clear();
  }

  /** Submits the next step to the background thread, if the epoch has steps left. */
  private void prefetch() {
    if (nextStep < steps) {
      long step = nextStep++;
      prefetched.add(thread.submit(() -> assemble.apply(step)));
    }
  }

  private static void discard(Future<StepBatch> completed) {
    try {
      completed.get().close();
    } catch (ExecutionException e) {
      // A failed step has closed its own batches, and its result is no longer needed.
    } catch (InterruptedException e) {
      throw new IllegalStateException("Interrupted while closing a completed step.", e);
    }
  }
}
