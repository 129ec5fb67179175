package dev.counterpoint.runner.cli;

import dev.counterpoint.runner.report.Console;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;

/** Creates the console of a command from the output and error writers of its command line. */
final class Consoles {
  private Consoles() {}

  static Console of(@Nullable CommandSpec spec) {
    var commandLine = Objects.requireNonNull(spec).commandLine();
    return Console.of(commandLine.getOut(), commandLine.getErr());
  }
}
