package dev.counterpoint.runner.launch;

import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.io.Reader;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;

/**
 * Passes what a process says on as it comes, with the status line in it, and its lines without that
 * to a log.
 */
final class Tee implements Runnable {
  private static final String ERASE_BELOW = "\r\u001b[J";

  /** What the ring's library tells whoever joins, asked or not. */
  private static final Pattern NOISE = Pattern.compile("\\[[\\d:]+] Task \\d+ got rank \\d+\\s*");

  private final Reader in;
  private final PrintWriter through;
  private final Writer log;
  private final StringBuilder line = new StringBuilder();
  private int passed;

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
        for (int i = 0; i < count; i++) {
          take(some[i]);
        }
        if (passed > 0
            || line.indexOf("[") != 0) { // It may be noise, of which the rest is to come.
          pass();
        }
        through.flush();
        log.flush();
      }
    } catch (IOException e) {
      // The process is gone, or the log's disk full: what it said is on the screen.
    }
    pass();
    if (line.indexOf("\r") >= 0) { // It had no time to take its status line away.
      through.write(ERASE_BELOW);
    }
    through.flush();
  }

  private void take(char letter) throws IOException {
    line.append(letter);
    if (letter != '\n') {
      return;
    }
    if (passed > 0 || !NOISE.matcher(line).lookingAt()) {
      pass();
    }
    log.write(ScreenText.of(line.substring(0, line.length() - 1)) + "\n");
    line.setLength(0);
    passed = 0;
  }

  private void pass() {
    through.append(line, passed, line.length());
    passed = line.length();
  }
}
