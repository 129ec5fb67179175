package dev.counterpoint.runner.report;

import dev.counterpoint.core.storage.IoFailure;
import dev.counterpoint.runner.RunFailed;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.function.IntSupplier;

/**
 * Where people read: results, remarks and, on a terminal, one status line below them that is
 * written over. Any thread may write; whatever it writes comes above the status line.
 */
public final class Console implements AutoCloseable {
  /** From the cursor to the end of the screen: a window made narrower breaks a line into rows. */
  private static final String ERASE_BELOW = "\u001b[J";

  private final PrintWriter out;
  private final PrintWriter err;
  private final boolean terminal;
  private final IntSupplier columns;
  private String status = "";
  private boolean closed;

  /**
   * Writes to the two given.
   *
   * @param out results
   * @param err remarks and the status line
   * @param terminal whether {@code err} is a terminal, so that a line may be written over
   * @param columns of the terminal as it is now
   */
  Console(PrintWriter out, PrintWriter err, boolean terminal, IntSupplier columns) {
    this.out = out;
    this.err = err;
    this.terminal = terminal;
    this.columns = columns;
  }

  /** The launcher says whether it is a terminal: Java itself can tell only from release 22 on. */
  public static Console of(PrintWriter out, PrintWriter err) {
    boolean terminal = Boolean.getBoolean("counterpoint.terminal");
    return new Console(out, err, terminal, terminal ? TerminalWidth.watched() : () -> 0);
  }

  /** Whether there is a status line. */
  boolean terminal() {
    return terminal;
  }

  /** Characters that the status line may have: the last column stays free, or the cursor wraps. */
  int statusWidth() {
    return Math.max(1, columns.getAsInt() - 1);
  }

  /** One line of remarks. */
  public synchronized void say(String line) {
    erase();
    line.lines().map(ControlCharacterEscaper::of).forEach(err::println);
    redraw();
  }

  /**
   * One line of results.
   *
   * @throws OutputClosed where nobody reads them any more
   */
  public synchronized void print(String line) {
    erase();
    err.flush();
    out.println(line);
    // The writer stands on System.out, which keeps an error to itself.
    boolean lost = out.checkError() || System.out.checkError();
    redraw();
    if (lost) {
      throw lost(new FileOutputStream(FileDescriptor.out));
    }
  }

  /**
   * Why results are lost. The writers keep that to themselves, so what is below them is asked once
   * more: a pipe without a reader says so each time.
   */
  static RuntimeException lost(OutputStream below) {
    String reason = "some of it was lost";
    try {
      below.write('\n');
    } catch (IOException e) {
      reason = IoFailure.of(e);
      if (reason.toLowerCase(Locale.ROOT).contains("pipe")) {
        return new OutputClosed(e);
      }
    }
    return new RunFailed("The output cannot be written: " + reason + ".");
  }

  /** Results that grow within a line; there is no status line meanwhile. */
  public PrintWriter out() {
    return out;
  }

  /** Writes over the status line; an empty text takes it away. */
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

  /** Takes the status line away for good, so that what others write comes on a line of its own. */
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
   * Leaves the cursor at the line's start: there the terminal's own {@code ^C} is written over, and
   * there it stays when the window changes.
   */
  private void redraw() {
    if (!status.isEmpty()) {
      err.print("\r" + status + ERASE_BELOW + "\r");
    }
    err.flush();
  }
}
