package dev.counterpoint.runner.report;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.function.IntSupplier;
import org.jline.utils.Signals;

/**
 * Width of the terminal in columns. The launcher passes the initial width; after each change of the
 * window size (SIGWINCH) it is read from {@code stty}.
 */
final class TerminalWidth implements IntSupplier {
  private static final int DEFAULT = 80;

  private volatile int columns;

  private TerminalWidth(int columns) {
    this.columns = columns > 0 ? columns : DEFAULT;
  }

  /** Returns the width and updates it at each change of the window size. */
  static TerminalWidth watched() {
    TerminalWidth width = new TerminalWidth(Integer.getInteger("counterpoint.columns", DEFAULT));
    Signals.register("WINCH", width::measure);
    return width;
  }

  @Override
  public int getAsInt() {
    return columns;
  }

  private void measure() {
    try {
      Process stty = new ProcessBuilder("stty", "size").redirectInput(new File("/dev/tty")).start();
      String output = new String(stty.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
      columns = columns(output, columns);
    } catch (IOException e) {
      // Without stty the width is not updated.
    }
  }

  /**
   * Parses the columns from the output of {@code stty size}, "rows columns".
   *
   * @param previous returned if the output is anything else
   */
  static int columns(String output, int previous) {
    String[] numbers = output.strip().split(" ", -1);
    return numbers.length == 2 && numbers[1].matches("[1-9]\\d{0,4}")
        ? Integer.parseInt(numbers[1])
        : previous;
  }
}
