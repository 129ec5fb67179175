package dev.counterpoint.runner.spark;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;

/**
 * The driver's tie to the command that started it: its standard input, if the environment says so.
 */
final class DriverLeash {
  static final String VARIABLE = "COUNTERPOINT_LEASH";
  static final String STANDARD_INPUT = "stdin";
  private static final String STOP = "stop ";

  private DriverLeash() {}

  /**
   * Hears that command from now on.
   *
   * @param stop told the name of a signal; its end counts as SIGTERM
   */
  static void hold(Consumer<String> stop) {
    if (!STANDARD_INPUT.equals(System.getenv(VARIABLE))) {
      return;
    }
    Thread thread = new Thread(() -> hear(stop), "leash");
    thread.setDaemon(true);
    thread.start();
  }

  private static void hear(Consumer<String> stop) {
    try {
      BufferedReader lines =
          new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (line.startsWith(STOP)) {
          stop.accept(line.substring(STOP.length()));
        }
      }
    } catch (IOException e) {
      // The same as its end.
    }
    stop.accept("TERM");
  }
}
