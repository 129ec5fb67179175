package dev.counterpoint.runner.cli.option;

import dev.counterpoint.core.callback.StopSignal;
import dev.counterpoint.runner.report.Console;
import dev.counterpoint.strategies.launch.ParentWatchdog;
import dev.counterpoint.strategies.launch.RankExit;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.IntConsumer;

/**
 * Handles Ctrl-C, SIGTERM and the other {@link RankExit#stopSignals}: the first signal saves and
 * stops the run, the second one ends the program at once. Files are complete even then, since each
 * is written to a temporary name first.
 */
public final class Signals implements AutoCloseable {
  private final AtomicInteger received = new AtomicInteger(ExitCode.SUCCESS);
  private final Consumer<String> first;
  private final IntConsumer second;
  private final Map<String, Object> previous = new HashMap<>();

  private Signals(Consumer<String> first, IntConsumer second) {
    this.first = first;
    this.second = second;
  }

  /**
   * Stops the training of this process on a signal.
   *
   * @param watchdog also requests stops; if it is active, the parent process may receive the same
   *     signals, as with Ctrl-C, and handles the second one
   */
  public static Signals stopping(StopSignal stop, Console console, ParentWatchdog watchdog) {
    Signals signals =
        new Signals(
            name -> {
              stop.interrupt("SIG" + name);
              console.log("Stopping after this step; a second signal stops at once.");
            },
            code -> {
              if (!watchdog.isActive()) {
                console.close();
                Runtime.getRuntime().halt(code);
              }
            });
    watchdog.onStop(signals::receive);
    return signals.registered();
  }

  /**
   * Forwards signals to other processes.
   *
   * @param first receives the name of the signal, without {@code SIG}
   * @param second kills the processes
   */
  public static Signals forwarding(Consumer<String> first, Runnable second) {
    return new Signals(
            first,
            code -> {
              second.run();
              Runtime.getRuntime().halt(code);
            })
        .registered();
  }

  private Signals registered() {
    RankExit.stopSignals()
        .forEach(
            name ->
                previous.put(name, org.jline.utils.Signals.register(name, () -> receive(name))));
    return this;
  }

  /** Restores the previous signal handlers, for a program that continues. */
  @Override
  public void close() {
    previous.forEach(org.jline.utils.Signals::unregister);
  }

  private void receive(String name) {
    int code = RankExit.ofSignal(name);
    if (received.compareAndSet(ExitCode.SUCCESS, code)) {
      first.accept(name);
    } else {
      second.accept(code);
    }
  }

  /** The exit code of the first signal; {@link ExitCode#SUCCESS} without a signal. */
  public int exitCode() {
    return received.get();
  }
}
