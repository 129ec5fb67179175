package dev.counterpoint.strategies.launch;

import dev.counterpoint.strategies.internal.network.Daemon;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Ends this process when its parent process is gone: standard input is a pipe from the parent,
 * which the system closes when the parent ends for any reason. The parent also sends stop requests
 * through it.
 */
public final class ParentWatchdog {
  /** The variable that activates the watchdog, with the value {@code stdin}. */
  public static final String VARIABLE = "COUNTERPOINT_PARENT_WATCHDOG";

  /** The value of {@link #VARIABLE}. */
  public static final String STDIN = "stdin";

  private static final String STOP = "stop ";

  private final IntConsumer exit;
  private final boolean active;
  private @Nullable Consumer<String> onStop;

  private ParentWatchdog(IntConsumer exit, boolean active) {
    this.exit = exit;
    this.active = active;
  }

  /** Starts the watchdog if {@value #VARIABLE} is {@value #STDIN}; it halts this JVM. */
  public static ParentWatchdog of(Map<String, String> environment) {
    return of(environment, code -> Runtime.getRuntime().halt(code));
  }

  /**
   * Starts the watchdog if {@value #VARIABLE} is {@value #STDIN}.
   *
   * @param exit receives 75 when the parent is gone, and the code of the signal for a stop request
   *     before {@link #onStop}
   */
  public static ParentWatchdog of(Map<String, String> environment, IntConsumer exit) {
    return STDIN.equals(environment.get(VARIABLE))
        ? start(System.in, exit)
        : new ParentWatchdog(exit, false);
  }

  static ParentWatchdog start(InputStream in, IntConsumer exit) {
    ParentWatchdog watchdog = new ParentWatchdog(exit, true);
    Daemon.thread(() -> watchdog.watch(in), "parent watchdog").start();
    return watchdog;
  }

  /** Asks a child process to stop. */
  public static void stop(Process child, String signal) {
    try {
      OutputStream input = child.getOutputStream();
      input.write((STOP + signal + "\n").getBytes(StandardCharsets.US_ASCII));
      input.flush();
    } catch (IOException e) {
      // The process has ended.
    }
  }

  private void watch(InputStream in) {
    BufferedReader lines = new BufferedReader(new InputStreamReader(in, StandardCharsets.US_ASCII));
    try {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (line.startsWith(STOP)) {
          stop(line.substring(STOP.length()));
        }
      }
    } catch (IOException e) {
      // The same as the end of the stream.
    }
    exit.accept(RankExit.RETRY);
  }

  /** Handles a stop request; ends the process at once if {@link #onStop} was not called yet. */
  private synchronized void stop(String signal) {
    if (onStop != null) {
      onStop.accept(signal);
    } else {
      exit.accept(RankExit.ofSignal(signal));
    }
  }

  /**
   * Sets the handler of stop requests.
   *
   * @param handler receives one of {@link RankExit#stopSignals}
   */
  public synchronized void onStop(Consumer<String> handler) {
    this.onStop = handler;
  }

  /** Whether a parent process supervises this one. */
  public boolean isActive() {
    return active;
  }
}
