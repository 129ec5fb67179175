package dev.counterpoint.runner.cli;

import ai.djl.Device;
import dev.counterpoint.core.kernel.Torch;
import java.io.PrintWriter;
import java.io.StringWriter;
import picocli.CommandLine;

/**
 * Runs commands in this process and records their output. A command may set the threads of libtorch
 * for its process; the number of before is set again, so that no test depends on another one.
 */
public final class Terminal {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  /** The commands, to parse arguments without running anything. */
  public static CommandLine commandLine() {
    return Main.commandLine();
  }

  /** Runs one command and returns its exit code. */
  public int run(String... arguments) {
    CommandLine commandLine =
        Main.commandLine().setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
    Torch.newManager(Device.cpu()).close(); // limits the threads once
    int threads = Torch.threads();
    try {
      return Main.run(commandLine, arguments);
    } finally {
      if (Torch.threads() != threads) {
        Torch.setThreads(threads);
      }
    }
  }

  /** Returns what was printed to standard output. */
  public String out() {
    return out.toString();
  }

  /** Returns what was printed to standard error. */
  public String err() {
    return err.toString();
  }
}
