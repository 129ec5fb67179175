package dev.counterpoint.runner.cli.option;

import dev.counterpoint.runner.report.Console;
import java.io.IOException;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** A command that prints to its console and succeeds unless it throws an exception. */
public abstract class ConsoleCommand implements Callable<Integer> {
  @Spec private @Nullable CommandSpec spec;

  @Override
  public final Integer call() throws IOException {
    run(Consoles.of(spec));
    return ExitCode.SUCCESS;
  }

  /** Runs the command with the parsed options. */
  protected abstract void run(Console console) throws IOException;
}
