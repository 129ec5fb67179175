package dev.counterpoint.runner.cli;

import ai.djl.engine.EngineException;
import dev.counterpoint.core.distributed.RankDivergedException;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.core.settings.Nearest;
import dev.counterpoint.inference.config.SourcePath;
import dev.counterpoint.runner.RunFailed;
import dev.counterpoint.runner.report.ControlCharacterEscaper;
import dev.counterpoint.runner.report.OutputClosed;
import dev.counterpoint.strategies.launch.LaunchException;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * Turns what was thrown into lines on standard error, each {@code counterpoint: message}, and an
 * exit code.
 */
final class Failures {
  /** Stands before each line. */
  static final String PREFIX = "counterpoint: ";

  private final BooleanSupplier debug;

  /**
   * @param debug whether stack traces are shown, known once the arguments are read
   */
  Failures(BooleanSupplier debug) {
    this.debug = debug;
  }

  /** Arguments that no command takes. */
  int ofArguments(ParameterException wrong, String... arguments) {
    CommandLine command = wrong.getCommandLine();
    if (arguments.length == 0) {
      command.usage(command.getErr());
      return ExitCode.REQUEST_WRONG;
    }
    say(command, describe(wrong));
    say(
        command,
        "\"" + command.getCommandSpec().qualifiedName() + " --help\" shows what is allowed");
    return ExitCode.REQUEST_WRONG;
  }

  /** What a command threw. */
  int report(Throwable failure, CommandLine command) {
    int code = explain(failure, command);
    if (debug.getAsBoolean()) {
      failure.printStackTrace(command.getErr());
    }
    return code;
  }

  private static int explain(Throwable failure, CommandLine command) {
    Throwable told = firstForTheUser(failure);
    if (told instanceof OutputClosed) {
      return ExitCode.OUTPUT_CLOSED;
    }
    if (told instanceof InvalidSettings invalid) {
      say(command, message(invalid));
      return ExitCode.REQUEST_WRONG;
    }
    if (told instanceof LaunchException failed) {
      say(command, message(failed));
      return failed.exitCode();
    }
    if (told instanceof InvalidPathException path) {
      say(
          command,
          "\""
              + ControlCharacterEscaper.of(path.getInput())
              + "\" is no path: "
              + path.getReason()
              + ".");
      return ExitCode.REQUEST_WRONG;
    }
    if (told instanceof RunFailed || told instanceof RankDivergedException) {
      say(command, message(told));
    } else if (told instanceof IllegalArgumentException explained) {
      say(
          command,
          message(explained) + ownCode(explained).map(line -> " (at " + line + ")").orElse(""));
    } else if (told instanceof IOException trouble) {
      say(command, describe(trouble));
    } else if (told instanceof OutOfMemoryError full) {
      say(command, describe(full));
    } else if (told instanceof EngineException refused) {
      say(command, describe(refused));
    } else {
      say(command, describeOther(failure));
    }
    return ExitCode.RUN_FAILED;
  }

  /** Guice, futures and streams wrap what they met; the user is told what that was. */
  private static @Nullable Throwable firstForTheUser(Throwable failure) {
    for (Throwable each = failure; each != null; each = each.getCause()) {
      if (each instanceof OutputClosed
          || each instanceof InvalidSettings
          || each instanceof RunFailed
          || each instanceof LaunchException
          || each instanceof RankDivergedException
          || each instanceof IOException
          || each instanceof OutOfMemoryError
          || each instanceof InvalidPathException
          || explains(each)
          || each instanceof EngineException) {
        return each;
      }
    }
    return null;
  }

  /** Whether it says in this program's words what the engine only refused. */
  private static boolean explains(Throwable failure) {
    return failure instanceof IllegalArgumentException
        && failure.getMessage() != null
        && failure.getCause() instanceof EngineException;
  }

  private static String describe(ParameterException wrong) {
    if (!(wrong instanceof UnmatchedArgumentException unmatched)) {
      return message(wrong);
    }
    String argument = unmatched.getUnmatched().get(0);
    CommandSpec command = wrong.getCommandLine().getCommandSpec();
    if (unmatched.isUnknownOption()) {
      String option = argument.split("=", 2)[0];
      return "unknown option \""
          + option
          + "\""
          + Nearest.suggestion(option, command.optionsMap().keySet());
    }
    if (command.subcommands().isEmpty()) {
      return "unknown argument \"" + argument + "\"";
    }
    List<String> commands = visible(command);
    return "unknown command \""
        + argument
        + "\""
        + Nearest.suggestion(argument, commands)
        + " Known: "
        + String.join(", ", commands);
  }

  private static List<String> visible(CommandSpec command) {
    return command.subcommands().entrySet().stream()
        .filter(each -> !each.getValue().getCommandSpec().usageMessage().hidden())
        .map(Map.Entry::getKey)
        .toList();
  }

  private static String describe(IOException trouble) {
    if (trouble instanceof NoSuchFileException missing) {
      return "no such file: " + missing.getFile();
    }
    if (trouble instanceof AccessDeniedException denied) {
      return "no permission for " + denied.getFile();
    }
    return trouble instanceof FileSystemException || trouble.getMessage() == null
        ? trouble.toString()
        : message(trouble);
  }

  /** Of a traceback only its last line is for the user: what was wrong. */
  private static String describe(EngineException refused) {
    List<String> lines = message(refused).lines().filter(line -> !line.isBlank()).toList();
    String last = lines.isEmpty() ? refused.toString() : lines.get(lines.size() - 1).strip();
    return "the engine refused an operation: "
        + last
        + ownCode(refused).map(line -> " (at " + line + ")").orElse("")
        + " (run again with --debug for all of it)";
  }

  /** The line of the user's own class that the failure went through. */
  private static Optional<String> ownCode(Throwable failure) {
    return Arrays.stream(failure.getStackTrace())
        .filter(SourcePath::isUserCode)
        .findFirst()
        .map(frame -> frame.getFileName() + ":" + frame.getLineNumber());
  }

  /**
   * What nobody foresaw. Where the user's own class threw it, or something that it called, the line
   * is named. Where this program refused an argument its sentence says what is wrong.
   */
  private static String describeOther(Throwable failure) {
    Throwable cause = failure;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    String more = " (run again with --debug for all of it)";
    Optional<String> line = ownCode(cause);
    if (line.isPresent()) {
      String kind = cause.getClass().getSimpleName();
      String message = cause.getMessage() == null ? "" : ": " + cause.getMessage();
      return line.get() + ": " + kind + message + more;
    }
    return cause instanceof IllegalArgumentException && cause.getMessage() != null
        ? cause.getMessage() + more
        : "internal error: " + failure + " (run again with --debug)";
  }

  private static String describe(OutOfMemoryError full) {
    return String.format(
        Locale.ROOT,
        "out of memory (%s); this JVM may use %d MiB: give it more with"
            + " COUNTERPOINT_JAVA_OPTS=\"-Xmx8g -XX:MaxDirectMemorySize=8g\", or use a smaller"
            + " microBatchSize",
        full.getMessage(),
        Runtime.getRuntime().maxMemory() >> 20);
  }

  private static String message(Throwable failure) {
    return failure.getMessage() == null ? failure.toString() : failure.getMessage();
  }

  /** Writes each line of a message behind the name of this program. */
  static void say(CommandLine command, String message) {
    PrintWriter error = command.getErr();
    message.lines().forEach(line -> error.println(PREFIX + ControlCharacterEscaper.of(line)));
    error.flush();
  }
}
