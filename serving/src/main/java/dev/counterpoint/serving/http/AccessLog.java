package dev.counterpoint.serving.http;

import com.linecorp.armeria.common.util.ThreadFactories;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Writes the lines of requests on its own thread: if their reader stops reading, requests are still
 * answered, and lines beyond a queue are dropped and counted.
 */
final class AccessLog implements AutoCloseable {
  private static final int QUEUE = 10_000; // lines

  private final Consumer<String> lines;
  private final Counter dropped;
  private final ThreadPoolExecutor writer;

  AccessLog(Consumer<String> lines, MeterRegistry meters) {
    this.lines = lines;
    dropped =
        Counter.builder("counterpoint.access.dropped")
            .description("Lines of the access log that were not written.")
            .register(meters);
    writer =
        new ThreadPoolExecutor(
            1,
            1,
            0,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(QUEUE),
            ThreadFactories.newThreadFactory("access-log", true),
            (line, executor) -> dropped.increment());
  }

  void add(String line) {
    writer.execute(() -> write(line));
  }

  private void write(String line) {
    try {
      lines.accept(line);
    } catch (RuntimeException e) { // such as a closed standard output
      dropped.increment();
    }
  }

  /** Waits a second at most for the lines in the queue. */
  @Override
  public void close() {
    writer.shutdown();
    try {
      if (!writer.awaitTermination(1, TimeUnit.SECONDS)) {
        writer.shutdownNow();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
