package dev.counterpoint.runner.cli;

import java.io.PrintWriter;
import java.io.StringWriter;
import picocli.CommandLine;

/** Runs commands in this process and records their output. */
final class Terminal {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  /** Runs one command and returns its exit code. */
  int run(String... arguments) {
    CommandLine commandLine =
        Main.commandLine().setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
    return Main.run(commandLine, arguments);
  }

  /** Returns what was printed to standard output. */
  String out() {
    return out.toString();
  }

  /** Returns what was printed to standard error. */
  String err() {
    return err.toString();
  }
}
