package dev.counterpoint.runner.cli;

import dev.counterpoint.runner.report.Console;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;

/** The console of a command: the writers that its command line was given. */
final class Consoles {
  private Consoles() {}

  static Console of(@Nullable CommandSpec spec) {
    var commandLine = Objects.requireNonNull(spec).commandLine();
    return Console.of(commandLine.getOut(), commandLine.getErr());
  }
}
