package dev.counterpoint.serving;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;

/**
 * Work-conserving dynamic batching: a free thread takes what waits, without a timer. A lone example
 * is computed at once, and batches grow with the load, because examples wait while the threads
 * compute.
 */
final class BatchEngine {
  /** The padding, in tokens, that costs less than a second batch, which reads all weights again. */
  private static final int SMALL_PADDING = 32;

  /**
   * The maximum share of padding in a batch with more than {@link #SMALL_PADDING} tokens of
   * padding.
   */
  private static final double MAX_PADDING = 0.2;

  private final BatchLimits limits;
  private final Function<List<Example>, List<ObjectNode>> compute;
  private final ModelMetrics metrics;
  private final Runnable onStopped;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Deque<Entry> waiting = new ArrayDeque<>(); // the oldest first
  private final AtomicInteger running;
  private int free; // threads that do not compute
  private boolean stopped;

  private record Entry(Example example, CompletableFuture<ObjectNode> result, long queued) {}

  /**
   * The functions that the threads run.
   *
   * @param check runs on each thread before it computes
   * @param compute returns one output per example
   * @param onStopped runs on the last thread, after {@link #stop}
   */
  record Work(
      Runnable check, Function<List<Example>, List<ObjectNode>> compute, Runnable onStopped) {}

  /**
   * Starts the threads, and waits until the check has passed on each of them.
   *
   * @throws CompletionException of a failed check, after all checks have returned; nothing runs on
   *     stopping
   */
  BatchEngine(String name, BatchLimits limits, Work work, ModelMetrics metrics) {
    this.limits = limits;
    this.compute = work.compute;
    this.metrics = metrics;
    this.onStopped = work.onStopped;
    free = limits.threads();
    running = new AtomicInteger(limits.threads());
    CompletableFuture<Boolean> passed = new CompletableFuture<>();
    CompletableFuture<?>[] checks = new CompletableFuture<?>[limits.threads()];
    for (int i = 0; i < checks.length; i++) {
      checks[i] = start("model-" + name + "-" + i, work.check, passed);
    }
    CompletableFuture<Void> all = CompletableFuture.allOf(checks);
    var unused = all.whenComplete((none, failure) -> passed.complete(failure == null));
    all.join();
    metrics.observeQueue(this::waiting);
  }

  /** Starts a thread; the future completes when its check has returned. */
  private CompletableFuture<Void> start(
      String name, Runnable check, CompletableFuture<Boolean> passed) {
    try {
      return CompletableFuture.runAsync(
          check,
          it -> {
            Thread thread =
                new Thread(
                    () -> {
                      it.run();
                      if (passed.join()) {
                        run();
                      }
                    },
                    name);
            thread.setDaemon(true);
            thread.start();
          });
    } catch (OutOfMemoryError e) { // The system allows no more threads.
      return CompletableFuture.failedFuture(e);
    }
  }

  /**
   * Checks, before examples are encoded, that they could be queued now.
   *
   * @throws PredictionFailed if the queue has no room for them, or the engine is stopped
   */
  void requireRoom(int examples) {
    lock.lock();
    try {
      if (stopped) {
        throw new PredictionFailed(
            PredictionFailed.Reason.SHUTTING_DOWN, "The model is no longer available.");
      }
      if (waiting.size() + examples > limits.queue()) {
        waiting.removeIf(it -> it.result.isDone());
      }
      if (waiting.size() + examples > limits.queue()) {
        throw new PredictionFailed(
            PredictionFailed.Reason.QUEUE_FULL,
            "The queue of the model is full: %s inputs are waiting. Try again later."
                .formatted(waiting.size()));
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * Queues all examples, or none.
   *
   * @throws PredictionFailed as of {@link #requireRoom}
   */
  List<CompletableFuture<ObjectNode>> submit(List<Example> examples) {
    List<Entry> entries =
        examples.stream()
            .map(it -> new Entry(it, new CompletableFuture<>(), System.nanoTime()))
            .toList();
    lock.lock();
    try {
      requireRoom(entries.size());
      waiting.addAll(entries);
      changed.signal();
    } finally {
      lock.unlock();
    }
    return entries.stream().map(Entry::result).toList();
  }

  /** Ends the threads after they have computed all waiting examples; returns immediately. */
  void stop() {
    lock.lock();
    try {
      stopped = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private int waiting() {
    lock.lock();
    try {
      return waiting.size();
    } finally {
      lock.unlock();
    }
  }

  private void run() {
    boolean isRunning = true;
    while (isRunning) {
      List<Entry> batch = List.of();
      try {
        batch = take();
        isRunning = !batch.isEmpty();
        long now = System.nanoTime();
        batch.forEach(it -> metrics.queued(now - it.queued));
        answer(batch);
      } catch (RuntimeException | Error e) { // such as a lack of memory: others are answered
        batch.forEach(it -> it.result.completeExceptionally(e));
      } finally {
        computed(batch);
      }
    }
    if (running.decrementAndGet() == 0) {
      onStopped.run();
    }
  }

  /**
   * Waits for examples; returns an empty list if the engine is stopped and its queue is empty. The
   * free threads share the waiting examples.
   */
  private List<Entry> take() {
    lock.lock();
    try {
      while (true) {
        waiting.removeIf(it -> it.result.isDone()); // cancelled, or past its deadline
        if (!waiting.isEmpty()) {
          List<Entry> batch = select((waiting.size() + free - 1) / free);
          if (!waiting.isEmpty()) {
            changed.signal(); // for another thread
          }
          free--;
          return batch;
        }
        if (stopped) {
          return List.of();
        }
        changed.awaitUninterruptibly();
      }
    } finally {
      lock.unlock();
    }
  }

  private void computed(List<Entry> batch) {
    lock.lock();
    try {
      free += batch.isEmpty() ? 0 : 1;
    } finally {
      lock.unlock();
    }
  }

  /** Removes the oldest example and those with the most similar length, {@code most} at most. */
  private List<Entry> select(int most) {
    int length = waiting.getFirst().example.tokens();
    List<Entry> bySimilarity = new ArrayList<>(waiting);
    bySimilarity.sort(Comparator.comparingInt(it -> Math.abs(it.example.tokens() - length)));
    Set<Entry> batch = Collections.newSetFromMap(new IdentityHashMap<>());
    List<Entry> ordered = new ArrayList<>();
    long longest = length;
    long tokens = 0;
    for (Entry entry : bySimilarity) {
      longest = Math.max(longest, entry.example.tokens());
      tokens += entry.example.tokens();
      long padded = longest * (ordered.size() + 1);
      boolean isFull =
          ordered.size() == Math.min(most, limits.rows()) || padded > limits.paddedTokens();
      boolean isWasteful = padded - tokens > Math.max(SMALL_PADDING, MAX_PADDING * padded);
      if (!ordered.isEmpty() && (isFull || isWasteful)) {
        break;
      }
      ordered.add(entry);
      batch.add(entry);
    }
    waiting.removeIf(batch::contains);
    return ordered;
  }

  /** Computes a batch. If that fails, each half is computed, until the failing example is alone. */
  @SuppressWarnings("CatchingUnchecked") // User-defined models may throw anything.
  private void answer(List<Entry> batch) {
    if (batch.isEmpty()) {
      return;
    }
    List<ObjectNode> outputs;
    long start = System.nanoTime();
    try {
      outputs = compute.apply(batch.stream().map(Entry::example).toList());
      if (outputs.size() != batch.size()) {
        throw new IllegalStateException(
            outputs.size() + " outputs for " + batch.size() + " examples.");
      }
    } catch (Throwable failure) {
      if (batch.size() == 1) {
        metrics.failed();
        batch.get(0).result.completeExceptionally(failure);
      } else {
        answer(batch.subList(0, batch.size() / 2));
        answer(batch.subList(batch.size() / 2, batch.size()));
      }
      return;
    }
    metrics.computed(System.nanoTime() - start, batch.size());
    for (int i = 0; i < batch.size(); i++) {
      batch.get(i).result.complete(outputs.get(i));
    }
  }
}
