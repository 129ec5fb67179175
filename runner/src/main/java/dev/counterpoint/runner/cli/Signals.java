package dev.counterpoint.runner.cli;

import dev.counterpoint.core.callback.StopSignal;
import dev.counterpoint.runner.report.Console;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import sun.misc.Signal;

/** Ctrl-C and SIGTERM ask a run to end; the second one ends the program at once. */
final class Signals {
  private static final Map<String, Integer> CODES =
      Map.of("INT", ExitCode.INTERRUPTED, "TERM", ExitCode.TERMINATED);

  private final AtomicInteger received = new AtomicInteger(ExitCode.DONE);

  private Signals() {}

  /** Listens from now on. */
  static Signals stopping(StopSignal stop, Console console) {
    Signals signals = new Signals();
    CODES.forEach(
        (name, code) ->
            Signal.handle(
                new Signal(name),
                signal -> {
                  if (!signals.received.compareAndSet(ExitCode.DONE, code)) {
                    console.close();
                    Runtime.getRuntime().halt(code);
                  }
                  console.say("Stopping after this step (once more to stop at once) ...");
                  stop.request("SIG" + name);
                }));
    return signals;
  }

  /** The exit code that the first signal asks for; {@link ExitCode#DONE} where there was none. */
  int exitCode() {
    return received.get();
  }
}
