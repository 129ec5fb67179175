package dev.counterpoint.runner.cli;

import dev.counterpoint.core.kernel.NativeLibraries;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.core.settings.Secrets;
import dev.counterpoint.runner.cli.feature.FeaturesCommand;
import dev.counterpoint.runner.cli.model.EvaluateCommand;
import dev.counterpoint.runner.cli.model.GenerateCommand;
import dev.counterpoint.runner.cli.model.MergeCommand;
import dev.counterpoint.runner.cli.model.PredictCommand;
import dev.counterpoint.runner.cli.model.ServeCommand;
import dev.counterpoint.runner.cli.model.TokenizeCommand;
import dev.counterpoint.runner.cli.option.ExitCode;
import dev.counterpoint.runner.cli.run.CompareCommand;
import dev.counterpoint.runner.cli.run.ExplainCommand;
import dev.counterpoint.runner.cli.run.PlanCommand;
import dev.counterpoint.runner.cli.run.RunsCommand;
import dev.counterpoint.runner.cli.train.TrainCommand;
import dev.counterpoint.runner.cli.tune.ProfileCommand;
import dev.counterpoint.runner.cli.tune.TuneCommand;
import dev.counterpoint.runner.report.Console;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.logging.Formatter;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.TypeConversionException;

/** Entry point of the command line, {@code counterpoint COMMAND}. */
@Command(
    name = "counterpoint",
    description = "Trains deep-learning models on the JVM.",
    mixinStandardHelpOptions = true,
    scope = ScopeType.INHERIT,
    versionProvider = Version.class,
    sortOptions = false,
    synopsisSubcommandLabel = "COMMAND",
    commandListHeading = "%nCommands:%n",
    optionListHeading = "%nOptions:%n",
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      ExitCode.SUCCESS + ":success",
      ExitCode.RUN_FAILED + ":the run failed",
      ExitCode.INVALID_REQUEST + ":invalid request: arguments, run file or data",
      "128 + N:stopped by signal N after saving: SIGHUP 129, SIGINT (Ctrl-C) 130, SIGUSR1 138,"
          + " SIGTERM 143, SIGXCPU 152",
      ExitCode.OUTPUT_CLOSED + ":standard output was closed by its reader (SIGPIPE)"
    })
public final class Main {
  /** All commands, in the order of the help. */
  private static final List<Class<?>> COMMANDS =
      List.of(
          TrainCommand.class,
          TuneCommand.class,
          ProfileCommand.class,
          EvaluateCommand.class,
          PredictCommand.class,
          GenerateCommand.class,
          ServeCommand.class,
          TokenizeCommand.class,
          ExperimentsCommand.class,
          NewCommand.class,
          PlanCommand.class,
          RunsCommand.class,
          CompareCommand.class,
          ExplainCommand.class,
          DoctorCommand.class,
          CheckCommand.class,
          MergeCommand.class,
          ReproduceCommand.class,
          ReplayCommand.class,
          RegistryCommand.class,
          FeaturesCommand.class,
          BenchCommand.class,
          WarmUpCommand.class);

  @Option(
      names = "--debug",
      scope = ScopeType.INHERIT,
      description = "Prints the stack trace of an error.")
  private boolean debug;

  private static final int MAX_SHOWN = 200;

  private Main() {}

  public static void main(String[] arguments) {
    // DJL must neither send its usage ping nor download a library: everything it needs is on the
    // class path.
    System.setProperty("ai.djl.offline", "true");
    // Guice's default class loading for generated code prints warnings on JDK 24 and newer.
    System.setProperty("guice_custom_class_loading", "CHILD");
    hideSecretsInLogs();
    CommandLine commandLine = commandLine(arguments);
    try {
      NativeLibraries.configure();
    } catch (InvalidSettings | UncheckedIOException unusable) {
      System.exit(new Failures(() -> false).report(unusable, commandLine));
    }
    System.exit(run(commandLine, arguments));
  }

  /** Masks passwords in log messages: libraries such as JDBC drivers may log URLs with them. */
  static void hideSecretsInLogs() {
    for (Handler handler : Logger.getLogger("").getHandlers()) {
      Formatter formatter = handler.getFormatter();
      handler.setFormatter(
          new Formatter() {
            @Override
            public String format(LogRecord entry) {
              return Secrets.mask(formatter.format(entry));
            }
          });
    }
  }

  /**
   * Creates the command line with error handlers. It has the command that the arguments start with,
   * because preparing all of them takes a tenth of the start of a training; otherwise all.
   */
  static CommandLine commandLine(String... arguments) {
    Main root = new Main();
    Failures failures = new Failures(() -> root.debug);
    CommandLine commandLine = new CommandLine(root);
    List<Class<?>> named =
        COMMANDS.stream()
            .filter(
                it ->
                    arguments.length > 0
                        && arguments[0].equals(it.getAnnotation(Command.class).name()))
            .toList();
    (named.isEmpty() ? COMMANDS : named).forEach(commandLine::addSubcommand);
    return commandLine
        .registerConverter(Path.class, Main::path)
        .setExpandAtFiles(false) // "@name" is an ordinary argument, not a file of arguments
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setParameterExceptionHandler(failures::reportInvalidArguments)
        .setExecutionExceptionHandler(
            (failure, command, parsed) -> failures.report(failure, command));
  }

  /** Rejects an empty path, such as an unset shell variable: it would be the working directory. */
  private static Path path(String text) {
    if (text.isEmpty()) {
      throw new TypeConversionException("the path is empty");
    }
    return Path.of(text);
  }

  /** Runs one command and returns its exit code. Every exception becomes a message. */
  @SuppressWarnings("CatchingUnchecked") // top level: any exception must become a message
  static int run(CommandLine commandLine, String... arguments) {
    try {
      requireReadable(arguments);
      int code = commandLine.execute(arguments);
      if (code == ExitCode.SUCCESS) {
        Console.requireWritten(commandLine.getOut());
      }
      return code;
    } catch (Throwable failure) { // picocli catches exceptions, but not errors
      Main root = commandLine.getCommand();
      return new Failures(() -> root.debug).report(failure, commandLine);
    }
  }

  /** Rejects arguments with U+FFFD, with which Java replaces bytes that it cannot decode. */
  private static void requireReadable(String... arguments) {
    for (String argument : arguments) {
      if (argument.indexOf('\uFFFD') >= 0) {
        String encoding = System.getProperty("sun.jnu.encoding", "unknown");
        throw new InvalidSettings(
            "The argument \"%s\" is not text in the encoding %s of the locale.%s",
            argument.substring(0, Math.min(argument.length(), MAX_SHOWN)),
            encoding,
            encoding.equals("UTF-8") ? "" : " Set LC_ALL to a UTF-8 locale, such as C.UTF-8.");
      }
    }
  }
}
