package dev.counterpoint.runner.spark;

import java.io.Closeable;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/**
 * The process in which the ranks of one attempt meet.
 *
 * @param gate where: {@code HOST:PORT}
 * @param begun whether they have met
 */
record Tracker(ChildProcess process, String gate, AtomicBoolean begun) implements Closeable {
  private static final int START = 60; // seconds
  private static final String GATE = "gate ";

  /**
   * Starts it, and waits until it listens.
   *
   * @param told what happens, line by line, in a thread of its own
   * @param remarks what it says beside that
   */
  static Tracker start(ProcessBuilder builder, Consumer<String> told, Consumer<String> remarks)
      throws IOException, InterruptedException {
    CompletableFuture<String> gate = new CompletableFuture<>();
    AtomicBoolean begun = new AtomicBoolean();
    ChildProcess process =
        ChildProcess.start(
            builder,
            line -> {
              if (line.startsWith(GATE)) {
                gate.complete(line.substring(GATE.length()));
              } else if (!line.equals("alive")) {
                begun.compareAndSet(false, line.equals("begun"));
                told.accept(line);
              }
            },
            remarks);
    process.onEnd(() -> gate.completeExceptionally(new IOException("it ended")));
    try {
      return new Tracker(process, gate.get(START, TimeUnit.SECONDS), begun);
    } catch (ExecutionException | TimeoutException e) {
      process.close();
      throw new IOException("The tracker does not listen: " + process.lastWords(), e);
    } catch (InterruptedException e) {
      process.close();
      throw e;
    }
  }

  /**
   * Waits until all ranks that have met have told it that they are done: it ends then.
   *
   * @param milliseconds that it waits at most
   */
  void awaitEnd(long milliseconds) throws InterruptedException {
    if (begun.get()) {
      process.ended(milliseconds);
    }
  }

  @Override
  public void close() {
    process.close();
  }
}
