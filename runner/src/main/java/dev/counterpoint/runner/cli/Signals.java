package dev.counterpoint.runner.cli;

import dev.counterpoint.core.callback.StopSignal;
import dev.counterpoint.runner.report.Console;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Ctrl-C and SIGTERM ask a run to end; the second one ends the program at once. Files are whole
 * then, too, since each is written under another name first.
 */
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
            org.jline.utils.Signals.register(
                name,
                () -> {
                  if (!signals.received.compareAndSet(ExitCode.DONE, code)) {
                    console.close();
                    Runtime.getRuntime().halt(code);
                  }
                  stop.request("SIG" + name);
                  console.say("Stopping after this step (once more to stop at once) ...");
                }));
    return signals;
  }

  /** The exit code that the first signal asks for; {@link ExitCode#DONE} where there was none. */
  int exitCode() {
    return received.get();
  }
}
