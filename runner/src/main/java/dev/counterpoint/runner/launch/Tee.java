package dev.counterpoint.runner.launch;

import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.io.Reader;
import java.io.Writer;
import java.nio.charset.StandardCharsets;

/**
 * Passes what a process says on as it comes, with the status line in it, and its lines without that
 * to a log.
 */
final class Tee implements Runnable {
  private static final String ERASE_BELOW = "\r\u001b[J";

  private final Reader in;
  private final PrintWriter through;
  private final Writer log;
  private final StringBuilder line = new StringBuilder();

  Tee(InputStream in, PrintWriter through, Writer log) {
    this.in = new InputStreamReader(in, StandardCharsets.UTF_8);
    this.through = through;
    this.log = log;
  }

  @Override
  public void run() {
    char[] some = new char[4096];
    try (in) {
      for (int count = in.read(some); count >= 0; count = in.read(some)) {
        through.write(some, 0, count);
        through.flush();
        keep(some, count);
      }
    } catch (IOException e) {
      // The process is gone, or the log's disk full: what it said is on the screen.
    }
    if (line.indexOf("\r") >= 0) { // It had no time to take its status line away.
      through.write(ERASE_BELOW);
      through.flush();
    }
  }

  private void keep(char[] some, int count) throws IOException {
    for (int i = 0; i < count; i++) {
      if (some[i] == '\n') {
        log.write(ScreenText.of(line.toString()) + "\n");
        line.setLength(0);
      } else {
        line.append(some[i]);
      }
    }
    log.flush();
  }
}
