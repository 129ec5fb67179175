package dev.counterpoint.serving.feature.sql;

import dev.counterpoint.serving.feature.FeaturesUnavailable;
import java.time.Duration;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * Threads for a blocking driver. Callers wait no longer than a timeout, and the queue is bounded.
 */
final class Lookups implements AutoCloseable {
  private final String store;
  private final Duration timeout;
  private final ThreadPoolExecutor threads;

  Lookups(String store, Duration timeout, int threads, int queue) {
    this.store = store;
    this.timeout = timeout;
    this.threads =
        new ThreadPoolExecutor(
            threads,
            threads,
            1,
            TimeUnit.MINUTES,
            new ArrayBlockingQueue<>(queue),
            task -> {
              Thread thread = new Thread(task, "features");
              thread.setDaemon(true);
              return thread;
            });
    this.threads.allowCoreThreadTimeOut(true);
  }

  /** Runs a lookup unless it times out before a thread is free. */
  @SuppressWarnings("CatchingUnchecked") // The caller receives it.
  <T> CompletableFuture<T> run(Callable<T> lookup) {
    CompletableFuture<T> answer = new CompletableFuture<>();
    try {
      threads.execute(
          () -> {
            if (!answer.isDone()) {
              try {
                answer.complete(lookup.call());
              } catch (Exception e) {
                answer.completeExceptionally(e);
              }
            }
          });
    } catch (RejectedExecutionException e) {
      return CompletableFuture.failedFuture(
          new FeaturesUnavailable(store + ": too many lookups are waiting", e));
    }
    return answer
        .orTimeout(timeout.toMillis(), TimeUnit.MILLISECONDS)
        .exceptionally(
            failure -> {
              throw FeaturesUnavailable.of(store, failure);
            });
  }

  @Override
  public void close() {
    threads.shutdownNow();
  }
}
