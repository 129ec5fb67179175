package dev.counterpoint.runner.cli;

import dev.counterpoint.core.callback.StopSignal;
import dev.counterpoint.runner.launch.Leash;
import dev.counterpoint.runner.report.Console;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.IntConsumer;

/**
 * Ctrl-C and SIGTERM ask a run to end; the second one ends the program at once. Files are whole
 * then, too, since each is written under another name first.
 */
final class Signals {
  private static final Map<String, Integer> CODES =
      Map.of("INT", ExitCode.INTERRUPTED, "TERM", ExitCode.TERMINATED);

  private final AtomicInteger received = new AtomicInteger(ExitCode.DONE);
  private final Consumer<String> first;
  private final IntConsumer second;

  private Signals(Consumer<String> first, IntConsumer second) {
    this.first = first;
    this.second = second;
  }

  /**
   * Listens from now on.
   *
   * @param leash asks for an end too; where it holds this process a signal may be one that came to
   *     the holder as well, as Ctrl-C does, and the holder counts them
   */
  static Signals stopping(StopSignal stop, Console console, Leash leash) {
    Signals signals =
        new Signals(
            name -> {
              stop.request("SIG" + name);
              console.say("Stopping after this step (once more to stop at once) ...");
            },
            code -> {
              if (!leash.holds()) {
                console.close();
                Runtime.getRuntime().halt(code);
              }
            });
    leash.onStop(signals::receive);
    return signals.registered();
  }

  /**
   * Passes them on to other processes from now on.
   *
   * @param first told {@code INT} or {@code TERM}
   * @param second ends them at once
   */
  static Signals passedOn(Consumer<String> first, Runnable second) {
    return new Signals(
            first,
            code -> {
              second.run();
              Runtime.getRuntime().halt(code);
            })
        .registered();
  }

  private Signals registered() {
    CODES.keySet().forEach(name -> org.jline.utils.Signals.register(name, () -> receive(name)));
    return this;
  }

  private void receive(String name) {
    int code = CODES.getOrDefault(name, ExitCode.TERMINATED);
    if (received.compareAndSet(ExitCode.DONE, code)) {
      first.accept(name);
    } else {
      second.accept(code);
    }
  }

  /** The exit code that the first signal asks for; {@link ExitCode#DONE} where there was none. */
  int exitCode() {
    return received.get();
  }
}
