package dev.counterpoint.strategies.launch;

import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.io.Reader;
import java.nio.charset.StandardCharsets;

/**
 * Copies the output of a process character by character to a terminal, including its status line,
 * and the lines without the status line to a log.
 */
final class OutputRelay implements Runnable {
  private static final String ERASE_BELOW = "\u001b[J";

  private final Reader in;
  private final PrintWriter terminal;
  private final PrintWriter log;
  private final StringBuilder line = new StringBuilder();
  private int shown;

  OutputRelay(InputStream in, PrintWriter terminal, PrintWriter log) {
    this.in = new InputStreamReader(in, StandardCharsets.UTF_8);
    this.terminal = terminal;
    this.log = log;
  }

  @Override
  public void run() {
    char[] some = new char[4096];
    try (in) {
      for (int count = in.read(some); count >= 0; count = in.read(some)) {
        for (int i = 0; i < count; i++) {
          take(some[i]);
        }
        show();
        terminal.flush();
        log.flush();
      }
    } catch (IOException e) {
      // The process has ended.
    }
    show();
    if (line.indexOf("\r") >= 0) { // The process was killed before it erased its status line.
      terminal.write("\r" + ERASE_BELOW);
    }
    terminal.flush();
    logUnfinishedLine();
  }

  /** Logs the last line of a killed process, which may have no line break. */
  private void logUnfinishedLine() {
    String text = withoutStatusLine(line.toString());
    log.write(text.isEmpty() ? "" : text + "\n");
  }

  private void take(char letter) {
    line.append(letter);
    if (letter != '\n') {
      return;
    }
    show();
    log.write(withoutStatusLine(line.substring(0, line.length() - 1)) + "\n");
    line.setLength(0);
    shown = 0;
  }

  private void show() {
    terminal.append(line, shown, line.length());
    shown = line.length();
  }

  /** The text after the last erase sequence: the part of the line that a terminal still shows. */
  private static String withoutStatusLine(String line) {
    int erased = line.lastIndexOf(ERASE_BELOW);
    String rest = erased < 0 ? line : line.substring(erased + ERASE_BELOW.length());
    return rest.replace("\r", "");
  }
}
