package dev.counterpoint.runner.launch;

import dev.counterpoint.runner.RunFailed;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import java.util.function.Predicate;

/** A process that was started here, on a leash: a rank, or the tracker. */
final class Child {
  private static final int LAST_LINES = 3;
  private static final String COMPLAINT = "counterpoint: ";
  private static final long LAST_WORDS_SECONDS = 2;

  private final String name;
  private final Process process;
  private final Path log;
  private final List<Thread> listeners = new ArrayList<>();

  private Child(String name, Process process, Path log) {
    this.name = name;
    this.process = process;
    this.log = log;
  }

  /**
   * What is to be started.
   *
   * @param name for messages, as {@code rank 1}
   * @param environment beside that of this process
   * @param log gets all that it says
   */
  record Start(String name, List<String> command, Map<String, String> environment, Path log) {
    ProcessBuilder builder() {
      ProcessBuilder builder = new ProcessBuilder(command);
      builder.environment().putAll(environment);
      return builder;
    }

    /** Says in the log which of its processes follows. */
    Writer openLog(long pid, int attempt) throws IOException {
      Writer writer =
          Files.newBufferedWriter(
              log, StandardCharsets.UTF_8, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
      writer.write(
          String.format(Locale.ROOT, "--- %s, start %d, process %d%n", name, attempt, pid));
      writer.flush();
      return writer;
    }
  }

  /** Starts one that speaks to its log alone. */
  static Child quiet(Start start, int attempt) throws IOException {
    return started(start, start.builder().redirectErrorStream(true), attempt, line -> true);
  }

  /**
   * Starts one whose lines on standard output are for this process.
   *
   * @param heard told each, on another thread; says whether it is for the log, too
   */
  static Child telling(Start start, int attempt, Predicate<String> heard) throws IOException {
    return started(start, start.builder(), attempt, heard);
  }

  private static Child started(
      Start start, ProcessBuilder builder, int attempt, Predicate<String> heard)
      throws IOException {
    Child child = new Child(start.name(), builder.start(), start.log());
    Writer log = start.openLog(child.process.pid(), attempt);
    child.listen(
        log,
        () -> copy(child.process.getInputStream(), log, heard),
        () -> copy(child.process.getErrorStream(), log, line -> true));
    return child;
  }

  /** Starts one whose output is this process's output too. */
  static Child shown(Start start, int attempt, PrintWriter out, PrintWriter err)
      throws IOException {
    Child child = new Child(start.name(), start.builder().start(), start.log());
    Writer log = start.openLog(child.process.pid(), attempt);
    child.listen(
        log,
        new Tee(child.process.getInputStream(), out, log),
        new Tee(child.process.getErrorStream(), err, log));
    return child;
  }

  private static void copy(InputStream from, Writer log, Predicate<String> heard) {
    try (BufferedReader lines =
        new BufferedReader(new InputStreamReader(from, StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (heard.test(line)) {
          log.write(line + "\n");
          log.flush();
        }
      }
    } catch (IOException e) {
      // The process is gone, or the log's disk full.
    }
  }

  /** Each in a thread of its own; the last to end closes the log. */
  private void listen(Writer log, Runnable... all) {
    AtomicInteger left = new AtomicInteger(all.length);
    for (Runnable each : all) {
      Runnable listener =
          () -> {
            try {
              each.run();
            } finally {
              if (left.decrementAndGet() == 0) {
                close(log);
              }
            }
          };
      Thread thread = new Thread(listener, "output of " + name);
      thread.setDaemon(true);
      thread.start();
      listeners.add(thread);
    }
  }

  private static void close(Writer log) {
    try {
      log.close();
    } catch (IOException e) {
      // Its disk is full, and what could be written is.
    }
  }

  /** As {@code rank 1 (process 4711)}. */
  String name() {
    return name + " (process " + process.pid() + ")";
  }

  Path log() {
    return log;
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /** Told once, with the exit code, when it has ended and all that it said is in its log. */
  void onEnd(BiConsumer<Child, Integer> ended) {
    var unused =
        process
            .onExit()
            .thenAccept(
                it -> {
                  awaitLastWords();
                  ended.accept(this, it.exitValue());
                });
  }

  /** A process that it has started, and that outlives it, may hold its output open. */
  private void awaitLastWords() {
    try {
      for (Thread listener : listeners) {
        listener.join(TimeUnit.SECONDS.toMillis(LAST_WORDS_SECONDS));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Asks it to end in order, as that signal would. */
  void stop(String signal) {
    try {
      OutputStream leash = process.getOutputStream();
      leash.write(("stop " + signal + "\n").getBytes(StandardCharsets.US_ASCII));
      leash.flush();
    } catch (IOException e) {
      // It has ended.
    }
  }

  /** Ends it at once, and waits until it is gone. */
  void kill() {
    process.destroyForcibly();
    try {
      process.waitFor();
      awaitLastWords();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new RunFailed("Interrupted while " + name() + " was ending.", e);
    }
  }

  /** Ends it at once. */
  void killWithoutWaiting() {
    process.destroyForcibly();
  }

  /** The last lines of its log. */
  List<String> lastWords() {
    List<String> lines = words();
    return lines.subList(Math.max(0, lines.size() - LAST_LINES), lines.size());
  }

  /** What it said was wrong; its last words where it said nothing of that kind. */
  List<String> complaints() {
    List<String> complaints =
        words().stream()
            .filter(line -> line.startsWith(COMPLAINT))
            .map(line -> line.substring(COMPLAINT.length()))
            .toList();
    return complaints.isEmpty() ? lastWords() : complaints;
  }

  /** What it said, and not another of its name before it. */
  private List<String> words() {
    try {
      List<String> lines = Files.readAllLines(log);
      int begin = 0;
      for (int i = 0; i < lines.size(); i++) {
        begin = lines.get(i).startsWith("--- ") ? i + 1 : begin;
      }
      return lines.subList(begin, lines.size());
    } catch (IOException e) {
      return List.of();
    }
  }
}
