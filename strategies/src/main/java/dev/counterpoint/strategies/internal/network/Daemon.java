package dev.counterpoint.strategies.internal.network;

import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** Daemon threads, which do not keep the JVM running. */
public final class Daemon {
  private Daemon() {}

  /** A thread that is not started. */
  public static Thread thread(Runnable task, String name) {
    Thread thread = new Thread(task, name);
    thread.setDaemon(true);
    return thread;
  }

  /** Starts a thread that repeats a task, such as a heartbeat, until the task returns false. */
  public static void repeat(String name, long pauseMillis, BooleanSupplier task) {
    Runnable loop =
        () -> {
          while (task.getAsBoolean() && !Thread.currentThread().isInterrupted()) {
            pause(pauseMillis);
          }
        };
    thread(loop, name).start();
  }

  /** Sleeps; returns early if the thread is interrupted. */
  public static void pause(long millis) {
    try {
      TimeUnit.MILLISECONDS.sleep(millis);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
