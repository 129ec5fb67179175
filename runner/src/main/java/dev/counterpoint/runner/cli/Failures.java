package dev.counterpoint.runner.cli;

import ai.djl.engine.EngineException;
import com.fasterxml.jackson.core.JacksonException;
import com.google.common.base.Throwables;
import dev.counterpoint.core.distributed.RankDivergedException;
import dev.counterpoint.core.internal.storage.DamagedFile;
import dev.counterpoint.core.internal.storage.Json;
import dev.counterpoint.core.internal.storage.NativeFailure;
import dev.counterpoint.core.settings.Formats;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.core.settings.Nearest;
import dev.counterpoint.core.settings.Secrets;
import dev.counterpoint.inference.internal.code.SourcePath;
import dev.counterpoint.runner.RunFailed;
import dev.counterpoint.runner.cli.option.ExitCode;
import dev.counterpoint.runner.report.ControlCharacterEscaper;
import dev.counterpoint.runner.report.OutputClosed;
import dev.counterpoint.runner.wiring.ActivityFailed;
import dev.counterpoint.strategies.launch.LaunchException;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * Converts exceptions to an exit code and to messages on standard error, each line prefixed with
 * {@code counterpoint: }.
 */
record Failures(BooleanSupplier debug) {
  /** Prefix of each printed line. */
  static final String PREFIX = "counterpoint: ";

  private static final String NO_COMMAND = "Missing required subcommand"; // of picocli
  private static final String MORE = " (run with --debug for the full message)";

  private static final List<Class<? extends Throwable>> EXPLAINED =
      List.of(
          OutputClosed.class,
          InvalidSettings.class,
          RunFailed.class,
          LaunchException.class,
          RankDivergedException.class,
          IOException.class,
          OutOfMemoryError.class,
          InvalidPathException.class,
          EngineException.class);

  /** Reports invalid arguments; without any argument it prints the usage help. */
  int reportInvalidArguments(ParameterException invalid, String... arguments) {
    CommandLine command = invalid.getCommandLine();
    if (arguments.length == 0) {
      command.usage(command.getErr());
      return ExitCode.INVALID_REQUEST;
    }
    printError(command, describe(invalid));
    printError(
        command, "see \"" + command.getCommandSpec().qualifiedName() + " --help\" for the usage");
    return ExitCode.INVALID_REQUEST;
  }

  /** Reports an exception that a command threw, and returns the exit code. */
  int report(Throwable failure, CommandLine command) {
    int code = printMessage(failure, command);
    if (debug.getAsBoolean()) {
      command.getErr().print(Secrets.mask(Throwables.getStackTraceAsString(failure)));
      command.getErr().flush();
    }
    return code;
  }

  private static int printMessage(Throwable failure, CommandLine command) {
    Throwable cause = userFacingCause(failure);
    if (cause instanceof OutputClosed) {
      return ExitCode.OUTPUT_CLOSED;
    }
    Optional<String> unloaded = NativeFailure.explain(failure);
    printError(command, unloaded.orElseGet(() -> describe(cause, failure)));
    if (unloaded.isPresent()
        || cause instanceof InvalidSettings
        || cause instanceof DamagedFile
        || cause instanceof InvalidPathException) {
      return ExitCode.INVALID_REQUEST;
    }
    return cause instanceof LaunchException failed ? failed.exitCode() : ExitCode.RUN_FAILED;
  }

  private static String describe(@Nullable Throwable cause, Throwable failure) {
    if (cause instanceof InvalidPathException path) {
      return "\"%s\" is not a valid path in the encoding %s of the locale: %s."
          .formatted(
              ControlCharacterEscaper.of(path.getInput()),
              System.getProperty("sun.jnu.encoding"),
              path.getReason());
    } else if (cause instanceof IllegalArgumentException illegal) {
      return message(illegal) + userCode(illegal);
    } else if (cause instanceof IOException failed) {
      return describe(failed);
    } else if (cause instanceof OutOfMemoryError outOfMemory) {
      return describe(outOfMemory);
    } else if (cause instanceof EngineException engineError) {
      return describe(engineError);
    }
    return cause == null ? describeOther(failure) : message(cause);
  }

  /**
   * Returns the first exception in the cause chain that has a message for the user, or null. Guice,
   * futures and streams wrap the exceptions that they catch.
   */
  private static @Nullable Throwable userFacingCause(Throwable failure) {
    for (Throwable each : Throwables.getCausalChain(failure)) {
      if (EXPLAINED.stream().anyMatch(type -> type.isInstance(each)) || explainsEngineError(each)) {
        return each;
      }
    }
    return null;
  }

  /** Returns whether the exception explains an engine error that is its cause. */
  private static boolean explainsEngineError(Throwable failure) {
    return failure instanceof IllegalArgumentException
        && failure.getMessage() != null
        && failure.getCause() instanceof EngineException;
  }

  private static String describe(ParameterException invalid) {
    CommandSpec command = invalid.getCommandLine().getCommandSpec();
    if (!(invalid instanceof UnmatchedArgumentException unmatched)) {
      return message(invalid).equals(NO_COMMAND)
          ? "specify one of: " + String.join(", ", visible(command))
          : message(invalid);
    }
    String argument = unmatched.getUnmatched().get(0);
    if (unmatched.isUnknownOption()) {
      String option = argument.split("=", 2)[0];
      return "unknown option \"%s\"%s"
          .formatted(option, Nearest.suggestion(option, command.optionsMap().keySet()));
    }
    if (command.subcommands().isEmpty()) {
      return "unknown argument \"" + argument + "\"";
    }
    List<String> commands = visible(command);
    return "unknown command \"%s\"%s Known: %s"
        .formatted(argument, Nearest.suggestion(argument, commands), String.join(", ", commands));
  }

  private static List<String> visible(CommandSpec command) {
    return command.subcommands().entrySet().stream()
        .filter(each -> !each.getValue().getCommandSpec().usageMessage().hidden())
        .map(Map.Entry::getKey)
        .toList();
  }

  private static String describe(IOException failed) {
    if (failed instanceof NoSuchFileException missing) {
      return "no such file: " + missing.getFile();
    }
    if (failed instanceof AccessDeniedException denied) {
      return "permission denied: " + denied.getFile();
    }
    return failed instanceof FileSystemException || failed.getMessage() == null
        ? failed.toString()
        : failed instanceof JacksonException json ? Json.problem(json) : message(failed);
  }

  /** Describes an engine error by the last line of its traceback, which names the problem. */
  private static String describe(EngineException engineError) {
    List<String> lines = message(engineError).lines().filter(line -> !line.isBlank()).toList();
    String last = lines.isEmpty() ? engineError.toString() : lines.get(lines.size() - 1).strip();
    return "PyTorch engine error: " + last + userCode(engineError) + MORE;
  }

  /** Returns the innermost stack frame in user code, as {@code File.java:12}. */
  private static Optional<String> userCodeLine(Throwable failure) {
    return Arrays.stream(failure.getStackTrace())
        .filter(SourcePath::isUserCode)
        .findFirst()
        .map(frame -> frame.getFileName() + ":" + frame.getLineNumber());
  }

  private static String userCode(Throwable failure) {
    return userCodeLine(failure).map(line -> " (at " + line + ")").orElse("");
  }

  /**
   * Describes an unexpected exception. If user code is on the stack, the message starts with its
   * file and line. The message of an {@link IllegalArgumentException} is printed as it is.
   */
  private static String describeOther(Throwable failure) {
    Throwable cause = Throwables.getRootCause(failure);
    Optional<String> line = userCodeLine(cause);
    if (line.isEmpty() && cause instanceof IllegalArgumentException && cause.getMessage() != null) {
      return cause.getMessage() + MORE;
    }
    String message =
        cause.getMessage() == null ? "" : ": " + cause.getMessage().lines().findFirst().orElse("");
    return line.orElse("internal error")
        + ": "
        + (line.isPresent() ? cause.getClass().getSimpleName() : cause.getClass().getName())
        + message
        + activity(failure)
        + MORE;
  }

  private static String activity(Throwable failure) {
    return Throwables.getCausalChain(failure).stream()
        .filter(ActivityFailed.class::isInstance)
        .findFirst()
        .map(doing -> ", while " + doing.getMessage())
        .orElse("");
  }

  private static String describe(OutOfMemoryError outOfMemory) {
    return Formats.of(
        "out of memory (%s); the JVM limit is %d MiB. Raise it with"
            + " COUNTERPOINT_JAVA_OPTS=\"-Xmx8g -XX:MaxDirectMemorySize=8g\", or reduce"
            + " training.microBatchSize",
        outOfMemory.getMessage(), Runtime.getRuntime().maxMemory() >> 20);
  }

  private static String message(Throwable failure) {
    return failure.getMessage() == null ? failure.toString() : failure.getMessage();
  }

  /** Prints each line of a message to standard error, prefixed with the program name. */
  static void printError(CommandLine command, String message) {
    PrintWriter error = command.getErr();
    Secrets.mask(message)
        .lines()
        .forEach(line -> error.println(PREFIX + ControlCharacterEscaper.of(line)));
    error.flush();
  }
}
