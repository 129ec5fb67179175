package dev.counterpoint.runner.cli;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;

/** The command line: {@code counterpoint COMMAND}. Every command is in the list below. */
@Command(
    name = "counterpoint",
    description = "Trains deep-learning models on the JVM.",
    subcommands = {
      TrainCommand.class,
      EvaluateCommand.class,
      PredictCommand.class,
      GenerateCommand.class,
      ExperimentsCommand.class,
      DoctorCommand.class,
      CheckCommand.class,
      MergeCommand.class,
      ReplayCommand.class,
      BenchCommand.class,
      TrackerCommand.class,
      WarmUpCommand.class
    },
    mixinStandardHelpOptions = true,
    scope = ScopeType.INHERIT,
    versionProvider = Version.class,
    sortOptions = false,
    synopsisSubcommandLabel = "COMMAND",
    commandListHeading = "%nCommands:%n",
    optionListHeading = "%nOptions:%n",
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      ExitCode.DONE + ":done",
      ExitCode.RUN_FAILED + ":the run failed",
      ExitCode.REQUEST_WRONG + ":the request is wrong: arguments, run file or data",
      ExitCode.INTERRUPTED + ":stopped by Ctrl-C (SIGINT), after saving",
      ExitCode.OUTPUT_CLOSED + ":nobody reads the output any more",
      ExitCode.TERMINATED + ":stopped by SIGTERM, after saving"
    })
public final class Main {
  @Option(
      names = "--debug",
      scope = ScopeType.INHERIT,
      description = "Show the stack trace of an error.")
  private boolean debug;

  private Main() {}

  public static void main(String[] arguments) {
    // A start may neither call home nor download a library: whatever is needed is on the class
    // path.
    System.setProperty("ai.djl.offline", "true");
    // Guice's other way of loading what it generates warns on JDK 24 and newer.
    System.setProperty("guice_custom_class_loading", "CHILD");
    System.exit(run(commandLine(), arguments));
  }

  /** The commands, ready to be given arguments. */
  static CommandLine commandLine() {
    Main root = new Main();
    Failures failures = new Failures(() -> root.debug);
    return new CommandLine(root)
        .setExpandAtFiles(false) // "@someone" is a text like any other
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setParameterExceptionHandler(failures::ofArguments)
        .setExecutionExceptionHandler(
            (failure, command, parsed) -> failures.report(failure, command));
  }

  /** Runs one command and returns the exit code; nothing is thrown. */
  @SuppressWarnings("CatchingUnchecked") // the last place where anything can still become a message
  static int run(CommandLine commandLine, String... arguments) {
    try {
      return commandLine.execute(arguments);
    } catch (Throwable failure) { // picocli lets errors that are no exceptions through
      Main root = commandLine.getCommand();
      return new Failures(() -> root.debug).report(failure, commandLine);
    }
  }
}
