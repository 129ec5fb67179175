package dev.counterpoint.core.thread;

import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/**
 * A thread of somebody's own, which does one piece of work after another and keeps no JVM alive.
 */
public final class SingleThread implements AutoCloseable {
  private final ExecutorService thread;

  public SingleThread(String name) {
    thread =
        Executors.newSingleThreadExecutor(
            work -> {
              Thread daemon = new Thread(work, name);
              daemon.setDaemon(true);
              return daemon;
            });
  }

  public <T> Future<T> submit(Callable<T> work) {
    return thread.submit(work);
  }

  /** Waits for all that was submitted, even where this thread is interrupted meanwhile. */
  @Override
  public void close() {
    thread.shutdown();
    boolean interrupted = false;
    while (!thread.isTerminated()) {
      try {
        thread.awaitTermination(1, TimeUnit.DAYS);
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
