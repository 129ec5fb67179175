package dev.counterpoint.runner.report;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.function.IntSupplier;
import org.jline.utils.Signals;

/**
 * The columns of the terminal: those that the launcher found, and after each change of the window
 * those that {@code stty} tells.
 */
final class TerminalWidth implements IntSupplier {
  private static final int USUAL = 80;

  private volatile int columns;

  private TerminalWidth(int columns) {
    this.columns = columns > 0 ? columns : USUAL;
  }

  /** The width from now on. */
  static TerminalWidth watched() {
    TerminalWidth width = new TerminalWidth(Integer.getInteger("counterpoint.columns", USUAL));
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
      String answer = new String(stty.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
      columns = columns(answer, columns);
    } catch (IOException e) {
      // Without stty the width stays what it was.
    }
  }

  /** The second of the two numbers, rows and columns; what it was where the answer is another. */
  static int columns(String answer, int otherwise) {
    String[] numbers = answer.strip().split(" ", -1);
    return numbers.length == 2 && numbers[1].matches("[1-9]\\d{0,4}")
        ? Integer.parseInt(numbers[1])
        : otherwise;
  }
}
