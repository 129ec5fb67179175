package dev.counterpoint.runner.launch;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The standard input of a process as its tie to the one that started it. The system closes a pipe
 * when the process at its other end is gone, however it went, so nobody is left behind.
 */
public final class Leash {
  private static final String STOP = "stop ";
  private static final int SIGINT = 2;
  private static final int SIGTERM = 15;
  private static final int BY_SIGNAL = 128;

  private final IntConsumer end;
  private final boolean holds;
  private @Nullable Consumer<String> stopping;

  private Leash(IntConsumer end, boolean holds) {
    this.end = end;
    this.holds = holds;
  }

  /** Ends this process when its standard input ends, if its environment says that it should. */
  public static Leash of(Map<String, String> environment) {
    IntConsumer end = code -> Runtime.getRuntime().halt(code);
    return Place.leashed(environment) ? on(System.in, end) : new Leash(end, false);
  }

  static Leash on(InputStream in, IntConsumer end) {
    Leash leash = new Leash(end, true);
    Thread thread = new Thread(() -> leash.hold(in), "leash");
    thread.setDaemon(true);
    thread.start();
    return leash;
  }

  private void hold(InputStream in) {
    BufferedReader lines = new BufferedReader(new InputStreamReader(in, StandardCharsets.US_ASCII));
    try {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (line.startsWith(STOP)) {
          stop(line.substring(STOP.length()));
        }
      }
    } catch (IOException e) {
      // As if it had ended.
    }
    end.accept(RankExit.TRY_AGAIN);
  }

  /** Before somebody can end the process in order it ends at once: there is nothing to save. */
  private synchronized void stop(String signal) {
    if (stopping != null) {
      stopping.accept(signal);
    } else {
      end.accept(BY_SIGNAL + (signal.equals("INT") ? SIGINT : SIGTERM));
    }
  }

  /**
   * From now on the process can end in order.
   *
   * @param stopping told {@code INT} or {@code TERM}
   */
  public synchronized void onStop(Consumer<String> stopping) {
    this.stopping = stopping;
  }

  /** Whether there is somebody at its other end. */
  public boolean holds() {
    return holds;
  }
}
