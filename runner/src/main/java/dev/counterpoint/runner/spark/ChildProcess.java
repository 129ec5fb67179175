package dev.counterpoint.runner.spark;

import java.io.BufferedReader;
import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * A process that lives no longer than this one: it ends itself when its standard input does.
 * Closing it ends it at once.
 */
final class ChildProcess implements Closeable {
  private static final int LAST_WORDS = 5; // lines
  private static final long LAST_WORDS_MILLIS = 2_000;
  private static final String MESSAGE = "counterpoint: ";

  private final Process process;
  private final Deque<String> said = new ArrayDeque<>();
  private final List<Thread> readers;

  private ChildProcess(Process process, Consumer<String> out, Consumer<String> err) {
    this.process = process;
    readers =
        List.of(
            reading(process.inputReader(StandardCharsets.UTF_8), out),
            reading(process.errorReader(StandardCharsets.UTF_8), err));
  }

  /**
   * Starts it.
   *
   * @param out gets its lines of standard output, in a thread of its own
   * @param err those of standard error
   */
  static ChildProcess start(ProcessBuilder builder, Consumer<String> out, Consumer<String> err)
      throws IOException {
    return new ChildProcess(builder.start(), out, err);
  }

  private Thread reading(BufferedReader lines, Consumer<String> to) {
    Thread thread =
        new Thread(
            () -> {
              try (lines) {
                lines.lines().forEach(line -> heard(line, to));
              } catch (IOException | RuntimeException e) {
                // The process is gone, and with it what it might have said.
              }
            },
            "lines of process " + process.pid());
    thread.setDaemon(true);
    thread.start();
    return thread;
  }

  private void heard(String line, Consumer<String> to) {
    synchronized (said) {
      said.addLast(line);
      if (said.size() > LAST_WORDS) {
        said.removeFirst();
      }
    }
    to.accept(line);
  }

  /** Asks for an orderly end, as a signal would. */
  void stop(String signal) {
    try {
      OutputStream input = process.getOutputStream();
      input.write(("stop " + signal + "\n").getBytes(StandardCharsets.UTF_8));
      input.flush();
    } catch (IOException e) {
      // It has ended already.
    }
  }

  /** Waits for its end, at most so many milliseconds. */
  boolean ended(long milliseconds) throws InterruptedException {
    return process.waitFor(milliseconds, TimeUnit.MILLISECONDS);
  }

  /**
   * Its exit code, when it has ended and all its lines have been read. A process that it has
   * started, and that outlives it, may hold its output open; for that nobody waits.
   */
  int exitCode() throws InterruptedException {
    int code = process.waitFor();
    for (Thread reader : readers) {
      reader.join(LAST_WORDS_MILLIS);
    }
    return code;
  }

  /** Calls this when it has ended. */
  void onEnd(Runnable action) {
    CompletableFuture<Void> unused = process.onExit().thenRun(action);
  }

  /** The last of what it said: its message, if one of its last lines is one. */
  String lastWords() {
    synchronized (said) {
      return said.stream()
          .filter(line -> line.startsWith(MESSAGE))
          .findFirst()
          .map(line -> line.substring(MESSAGE.length()))
          .orElseGet(() -> said.isEmpty() ? "it said nothing" : said.getLast());
    }
  }

  /** Ends it, if it has not ended, and waits until it is gone. */
  @Override
  public void close() {
    process.destroyForcibly();
    boolean interrupted = false;
    while (process.isAlive()) {
      try {
        process.waitFor();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
