package dev.counterpoint.runner.cli.option;

import dev.counterpoint.runner.report.Console;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;

/** Creates the console of a command from the output and error writers of its command line. */
public final class Consoles {
  private Consoles() {}

  public static Console of(@Nullable CommandSpec spec) {
    var commandLine = Objects.requireNonNull(spec).commandLine();
    return Console.of(commandLine.getOut(), commandLine.getErr());
  }
}
