package dev.counterpoint.runner.report;

import com.google.errorprone.annotations.FormatMethod;
import com.google.errorprone.annotations.FormatString;
import dev.counterpoint.core.internal.storage.IoFailure;
import dev.counterpoint.core.settings.Formats;
import dev.counterpoint.core.settings.Secrets;
import dev.counterpoint.runner.RunFailed;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.function.IntSupplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Console output of a command: results on standard output, remarks on standard error and, on a
 * terminal, a status line below both that is overwritten. Thread-safe; lines are printed above the
 * status line.
 */
public final class Console implements AutoCloseable {
  /**
   * Erases from the cursor to the end of the screen, as narrowing the window may have wrapped the
   * status line into several rows.
   */
  private static final String ERASE_BELOW = "\u001b[J";

  private static final int MAX_EARLY = 100; // lines

  private final PrintWriter out;
  private final PrintWriter err;
  private final boolean terminal;
  private final IntSupplier columns;
  private @Nullable Path copy;
  private final List<String> early = new ArrayList<>();
  private String status = "";
  private boolean closed;

  /**
   * Creates a console.
   *
   * @param out receives results
   * @param err receives remarks and the status line
   * @param terminal whether {@code err} is a terminal that supports a status line
   * @param columns supplies the current width of the terminal
   */
  Console(PrintWriter out, PrintWriter err, boolean terminal, IntSupplier columns) {
    this.out = out;
    this.err = err;
    this.terminal = terminal;
    this.columns = columns;
  }

  /**
   * Creates a console. The launcher passes whether standard error is a terminal as a system
   * property, because Java can detect this only since release 22.
   */
  public static Console of(PrintWriter out, PrintWriter err) {
    boolean terminal = Boolean.getBoolean("counterpoint.terminal");
    return new Console(out, err, terminal, terminal ? TerminalWidth.watched() : () -> 0);
  }

  /** Returns whether the console has a status line. */
  boolean terminal() {
    return terminal;
  }

  /**
   * Returns the maximum length of the status line. The last column is left free, as the cursor
   * would wrap otherwise.
   */
  int statusWidth() {
    return Math.max(1, columns.getAsInt() - 1);
  }

  /**
   * Also appends each line that is printed from now on to a file, with time and level, after the
   * first lines that were printed before the file could exist.
   */
  public synchronized void copyTo(Path file) {
    copy = file;
    if (!early.isEmpty()) {
      append(early);
      early.clear();
    }
  }

  /** Appends lines to the file of {@link #copyTo} without printing them. */
  public synchronized void record(String level, String text) {
    if (copy == null && early.size() >= MAX_EARLY) {
      return;
    }
    Instant now = Instant.now().truncatedTo(ChronoUnit.MILLIS);
    List<String> lines =
        Secrets.mask(text)
            .lines()
            .map(line -> now + " " + level + " " + ControlCharacterEscaper.of(line))
            .toList();
    if (copy == null) {
      lines.stream().limit(MAX_EARLY - early.size()).forEach(early::add);
    } else {
      append(lines);
    }
  }

  private void append(List<String> lines) {
    try {
      Files.write( // A secret may have become known since an early line.
          Objects.requireNonNull(copy),
          lines.stream().map(Secrets::mask).toList(),
          StandardOpenOption.CREATE,
          StandardOpenOption.APPEND);
    } catch (IOException e) {
      String failure = "The log is no longer written: " + IoFailure.of(e) + ".";
      copy = null;
      log(failure);
    }
  }

  /** Prints a remark to standard error. Each of its lines has its control characters escaped. */
  public synchronized void log(String line) {
    record("INFO", line);
    erase();
    Secrets.mask(line).lines().map(ControlCharacterEscaper::of).forEach(err::println);
    redraw();
  }

  /**
   * Prints a remark, described by a pattern of {@link String#format} and its values, which cannot
   * end a line.
   */
  @FormatMethod
  public void log(@FormatString String pattern, @Nullable Object... values) {
    log(
        Formats.of(
            pattern,
            Arrays.stream(values)
                .map(it -> it instanceof Number ? it : escaped(String.valueOf(it)))
                .toArray()));
  }

  /** Prints a line of results, described by a pattern of {@link String#format} and its values. */
  @FormatMethod
  public void print(@FormatString String pattern, @Nullable Object... values) {
    print(Formats.of(pattern, values));
  }

  /**
   * Prints a line of results to standard output. Its control characters are escaped, except tabs.
   *
   * @throws OutputClosed if the reader has closed standard output
   * @throws RunFailed if the line cannot be written for another reason
   */
  public void print(String line) {
    printText(escaped(line));
  }

  private static String escaped(String line) {
    return Arrays.stream(line.split("\t", -1))
        .map(ControlCharacterEscaper::of)
        .collect(Collectors.joining("\t"));
  }

  /** Prints a text of several lines as {@link #print} does, but as it is. */
  public synchronized void printText(String text) {
    record("INFO", text);
    erase();
    err.flush();
    out.println(text);
    try {
      requireWritten(out);
    } finally {
      redraw();
    }
  }

  /**
   * Requires that everything was written to standard output.
   *
   * @param out the writer of standard output
   * @throws OutputClosed if the reader has closed standard output
   * @throws RunFailed if it cannot be written for another reason
   */
  public static void requireWritten(PrintWriter out) {
    // The writer wraps System.out, which records an error instead of throwing it.
    if (out.checkError() || System.out.checkError()) {
      throw failure(new FileOutputStream(FileDescriptor.out));
    }
  }

  /**
   * Returns the exception for a failed write. The writers do not report the cause, so it writes
   * once more to the underlying stream, where a closed pipe fails again.
   */
  static RuntimeException failure(OutputStream stream) {
    String reason = "some of it was not written";
    try {
      stream.write('\n');
    } catch (IOException e) {
      reason = IoFailure.of(e);
      if (reason.toLowerCase(Locale.ROOT).contains("pipe")) {
        return new OutputClosed(e);
      }
    }
    return new RunFailed("Cannot write to standard output: " + reason + ".");
  }

  /** Returns the writer for results that are printed piece by piece, without a status line. */
  public PrintWriter out() {
    return out;
  }

  /** Replaces the status line; an empty text removes it. */
  synchronized void status(String text) {
    if (closed) {
      return;
    }
    if (text.isEmpty()) {
      erase();
    }
    status = text;
    redraw();
  }

  /** Removes the status line; later updates of it are ignored. */
  @Override
  public synchronized void close() {
    status("");
    closed = true;
  }

  private void erase() {
    if (!status.isEmpty()) {
      err.print("\r" + ERASE_BELOW);
    }
  }

  /**
   * Prints the status line and leaves the cursor at its start, so that the terminal's {@code ^C} is
   * overwritten and the position remains valid if the window size changes.
   */
  private void redraw() {
    if (!status.isEmpty()) {
      err.print("\r" + status + ERASE_BELOW + "\r");
    }
    err.flush();
  }
}
