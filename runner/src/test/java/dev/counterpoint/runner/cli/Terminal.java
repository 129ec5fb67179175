package dev.counterpoint.runner.cli;

import java.io.PrintWriter;
import java.io.StringWriter;
import picocli.CommandLine;

/** Runs commands in this process and records their output. */
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
    return Main.run(commandLine, arguments);
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
