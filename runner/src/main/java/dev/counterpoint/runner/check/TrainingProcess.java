package dev.counterpoint.runner.check;

import dev.counterpoint.runner.machine.CurrentJvm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A {@code counterpoint train} process, in a separate JVM with the same flags as this one. */
final class TrainingProcess implements AutoCloseable {
  private static final int EXIT_CODE_SIGKILL = 128 + 9;

  private final Process process;
  private final Path log;

  /** Kills the process if this JVM ends first. */
  private final Thread shutdownHook;

  private TrainingProcess(Process process, Path log) {
    this.process = process;
    this.log = log;
    shutdownHook = new Thread(process::destroyForcibly);
    Runtime.getRuntime().addShutdownHook(shutdownHook);
  }

  /**
   * Starts a process.
   *
   * @param arguments the arguments of {@code train}
   * @param log the file to which its output is appended
   */
  static TrainingProcess start(List<String> arguments, Path log) throws IOException {
    List<String> train = new ArrayList<>(List.of("train"));
    train.addAll(arguments);
    Process process =
        CurrentJvm.process(CurrentJvm.command(CurrentJvm.MAIN, train))
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
            .start();
    process.getOutputStream().close();
    return new TrainingProcess(process, log);
  }

  boolean alive() {
    return process.isAlive();
  }

  /** Waits for the process to end and returns its exit code. */
  int exitCode() {
    try {
      return process.waitFor();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("Interrupted while waiting for a training process.", e);
    }
  }

  /**
   * Kills the process with SIGKILL, as the out-of-memory killer does.
   *
   * @return true if the signal ended the process, false if it had already ended
   */
  boolean kill() {
    process.destroyForcibly();
    return exitCode() == EXIT_CODE_SIGKILL;
  }

  /** The last 5 lines of its output. */
  String lastLines() throws IOException {
    List<String> lines = Files.readAllLines(log);
    return String.join("\n", lines.subList(Math.max(0, lines.size() - 5), lines.size()));
  }

  @Override
  public void close() {
    if (alive()) {
      kill();
    }
    Runtime.getRuntime().removeShutdownHook(shutdownHook);
  }
}
