package dev.counterpoint.strategies.launch;

import dev.counterpoint.strategies.internal.network.Daemon;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;

/**
 * A rank that this process has started. It ends when this process does, by its {@link
 * ParentWatchdog}.
 */
final class ChildProcess {
  private static final int LAST_LINES = 3;
  private static final int SUMMARY_LINES = 5;
  private static final String ERROR_PREFIX = "counterpoint: ";
  private static final String HEADER = "--- ";

  /** How long output is read after the process ends: a grandchild may hold the pipe open. */
  private static final long OUTPUT_MILLIS = 2_000;

  private final Start start;
  private final Process process;
  private final List<Thread> readers = new ArrayList<>();

  private ChildProcess(Start start) throws IOException {
    this.start = start;
    start.builder().environment().put(ParentWatchdog.VARIABLE, ParentWatchdog.STDIN);
    process = start.builder().start();
  }

  /**
   * A process to be started.
   *
   * @param name for messages, as {@code rank 1}
   * @param log receives all output
   * @param attempt from 1
   */
  record Start(String name, ProcessBuilder builder, Path log, int attempt) {
    /** Opens the log, and begins a section for this process. */
    PrintWriter openLog(long pid) throws IOException {
      // Ignores errors, such as a full disk: a process whose output is not read would wait or end.
      PrintWriter writer =
          new PrintWriter(
              Files.newBufferedWriter(
                  log,
                  StandardCharsets.UTF_8,
                  StandardOpenOption.CREATE,
                  StandardOpenOption.APPEND));
      writer.write(
          String.format(Locale.ROOT, "%s%s, start %d, process %d%n", HEADER, name, attempt, pid));
      writer.flush();
      return writer;
    }
  }

  /** Starts a process whose output goes to its log alone. */
  static ChildProcess start(Start start) throws IOException {
    start.builder().redirectErrorStream(true);
    ChildProcess child = new ChildProcess(start);
    PrintWriter log = start.openLog(child.process.pid());
    child.read(log, () -> copy(child.process.getInputStream(), log));
    return child;
  }

  /** Starts a process whose output goes to its log and is shown. */
  static ChildProcess start(Start start, Attempt.Output output) throws IOException {
    ChildProcess child = new ChildProcess(start);
    PrintWriter log = start.openLog(child.process.pid());
    child.read(
        log,
        new OutputRelay(child.process.getInputStream(), output.out(), log),
        new OutputRelay(child.process.getErrorStream(), output.err(), log));
    return child;
  }

  private static void copy(InputStream from, PrintWriter log) {
    try (BufferedReader reader =
        new BufferedReader(new InputStreamReader(from, StandardCharsets.UTF_8))) {
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        log.write(line + "\n");
        log.flush();
      }
    } catch (IOException e) {
      // The process has ended.
    }
  }

  /** Runs each reader in its own thread; the last one to end closes the log. */
  private void read(PrintWriter log, Runnable... all) {
    AtomicInteger left = new AtomicInteger(all.length);
    for (Runnable each : all) {
      Runnable reader =
          () -> {
            try {
              each.run();
            } finally {
              if (left.decrementAndGet() == 0) {
                log.close();
              }
            }
          };
      Thread thread = Daemon.thread(reader, "output of " + start.name());
      thread.start();
      readers.add(thread);
    }
  }

  /** The name for messages, as {@code rank 1 (process 4711)}. */
  String name() {
    return start.name() + " (process " + process.pid() + ")";
  }

  Path log() {
    return start.log();
  }

  /**
   * Calls the handler once, with the exit code, when the process has ended and its log is whole.
   */
  void onEnd(BiConsumer<ChildProcess, Integer> handler) {
    var unused =
        process
            .onExit()
            .thenAccept(
                it -> {
                  try {
                    awaitOutput();
                  } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                  }
                  handler.accept(this, it.exitValue());
                });
  }

  private void awaitOutput() throws InterruptedException {
    for (Thread reader : readers) {
      reader.join(OUTPUT_MILLIS);
    }
  }

  /** Requests the process to save and stop, as the signal would. */
  void stop(String signal) {
    ParentWatchdog.stop(process, signal);
  }

  /** Kills the process, and waits until it has ended, even if this thread is interrupted. */
  void kill() {
    process.destroyForcibly();
    boolean interrupted = Thread.interrupted();
    while (process.isAlive()) {
      try {
        process.waitFor();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    try {
      awaitOutput();
    } catch (InterruptedException e) {
      interrupted = true;
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** Kills the process. */
  void killWithoutWaiting() {
    process.destroyForcibly();
  }

  /** The last lines of the log. */
  List<String> lastLines() {
    List<String> lines = lines();
    return lines.subList(Math.max(0, lines.size() - LAST_LINES), lines.size());
  }

  /** The error messages in the log; its last lines if there are none. */
  List<String> errors() {
    List<String> errors =
        lines().stream()
            .filter(line -> line.startsWith(ERROR_PREFIX))
            .map(line -> line.substring(ERROR_PREFIX.length()))
            .toList();
    return errors.isEmpty() ? lastLines() : errors;
  }

  /** One line: the first error message near the end of the log, else the last line. */
  String summary() {
    List<String> lines = lines();
    return lines.stream()
        .skip(Math.max(0, lines.size() - SUMMARY_LINES))
        .filter(line -> line.startsWith(ERROR_PREFIX))
        .findFirst()
        .map(line -> line.substring(ERROR_PREFIX.length()))
        .orElseGet(() -> lines.isEmpty() ? "no output" : lines.get(lines.size() - 1));
  }

  /** The output of this process, without that of earlier processes in the same log. */
  private List<String> lines() {
    try {
      List<String> lines = Files.readAllLines(start.log());
      int begin = 0;
      for (int i = 0; i < lines.size(); i++) {
        begin = lines.get(i).startsWith(HEADER) ? i + 1 : begin;
      }
      return lines.subList(begin, lines.size());
    } catch (IOException e) {
      return List.of();
    }
  }
}
