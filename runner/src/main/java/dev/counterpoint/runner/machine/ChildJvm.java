package dev.counterpoint.runner.machine;

import dev.counterpoint.runner.RunFailed;
import dev.counterpoint.strategies.launch.ParentWatchdog;
import dev.counterpoint.strategies.launch.RankExit;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** A command in a separate JVM with the same flags as this one; it ends with this JVM. */
public final class ChildJvm implements AutoCloseable {
  private static final String ERROR_PREFIX = "counterpoint: ";
  private static final int EXIT_CODE_SIGKILL = 128 + 9;

  private final Process process;
  private final Path log;

  /** Kills the process if this JVM ends first. */
  private final Thread shutdownHook;

  private volatile Runnable afterKill = () -> {};

  private ChildJvm(Process process, Path log) {
    this.process = process;
    this.log = log;
    shutdownHook =
        new Thread(
            () -> {
              kill();
              afterKill.run();
            });
    Runtime.getRuntime().addShutdownHook(shutdownHook);
  }

  /**
   * Starts a process.
   *
   * @param main the name of the main class
   * @param arguments the command and its arguments
   * @param log the file to which its output is appended
   */
  public static ChildJvm start(String main, List<String> arguments, Path log) throws IOException {
    return start(main, arguments, log, environment -> {});
  }

  /**
   * Starts a process with other environment variables.
   *
   * @param environment changes the variables
   */
  public static ChildJvm start(
      String main, List<String> arguments, Path log, Consumer<Map<String, String>> environment)
      throws IOException {
    ProcessBuilder builder =
        CurrentJvm.process(CurrentJvm.command(main, arguments))
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
    environment.accept(builder.environment());
    Process process = builder.start();
    if (!ParentWatchdog.STDIN.equals(builder.environment().get(ParentWatchdog.VARIABLE))) {
      process.getOutputStream().close();
    }
    return new ChildJvm(process, log);
  }

  /**
   * Starts a {@code train} that can be stopped, and that also ends if this JVM is killed.
   *
   * @param environment changes the variables
   */
  public static ChildJvm supervised(
      List<String> arguments, Path log, Consumer<Map<String, String>> environment)
      throws IOException {
    return start(
        CurrentJvm.MAIN,
        arguments,
        log,
        environment.andThen(it -> it.put(ParentWatchdog.VARIABLE, ParentWatchdog.STDIN)));
  }

  /** Asks a supervised process to save and end, as a signal does. */
  public void stop(String signal) {
    ParentWatchdog.stop(process, signal);
  }

  public boolean alive() {
    return process.isAlive();
  }

  /** Waits for the process to end and returns its exit code. */
  public int exitCode() {
    try {
      return process.waitFor();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new RunFailed("The command was interrupted.", e);
    }
  }

  /**
   * Kills the process with SIGKILL, as the out-of-memory killer does.
   *
   * @return true if the signal ended the process, false if it had already ended
   */
  public boolean kill() {
    return process.destroyForcibly().onExit().join().exitValue() == EXIT_CODE_SIGKILL;
  }

  /** Sets what happens after the process was killed because this JVM ends first. */
  public void afterKill(Runnable action) {
    afterKill = action;
  }

  private List<String> lines() throws IOException {
    return new String(Files.readAllBytes(log), StandardCharsets.UTF_8).lines().toList();
  }

  /** The last 5 lines of the process's output. */
  public String lastLines() throws IOException {
    List<String> lines = lines();
    return String.join("\n", lines.subList(Math.max(0, lines.size() - 5), lines.size()));
  }

  /** The first sentence of the error that the ended process has printed, or how it ended. */
  public String failure() throws IOException {
    String error = "The process " + RankExit.describe(exitCode()) + ".";
    boolean isError = false;
    for (String line : lines()) {
      if (line.startsWith(ERROR_PREFIX) && !isError) {
        error = line.substring(ERROR_PREFIX.length()).replaceFirst("(?<=\\.) .*", "");
      }
      isError = line.startsWith(ERROR_PREFIX);
    }
    return error;
  }

  @Override
  public void close() {
    if (alive()) {
      kill();
    }
    try {
      Runtime.getRuntime().removeShutdownHook(shutdownHook);
    } catch (IllegalStateException e) {
      // This JVM is shutting down; the hook runs.
    }
  }
}
