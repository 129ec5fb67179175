package dev.counterpoint.runner.cli;

import java.io.PrintWriter;
import java.io.StringWriter;
import picocli.CommandLine;

/** A command line in this process, and what it has said. */
final class Terminal {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  /** Runs one command and returns its exit code. */
  int run(String... arguments) {
    CommandLine commandLine =
        Main.commandLine().setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
    return Main.run(commandLine, arguments);
  }

  /** Results. */
  String out() {
    return out.toString();
  }

  /** Remarks and errors. */
  String err() {
    return err.toString();
  }
}
