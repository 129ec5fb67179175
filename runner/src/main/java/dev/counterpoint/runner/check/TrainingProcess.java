package dev.counterpoint.runner.check;

import dev.counterpoint.runner.machine.CurrentJvm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A {@code counterpoint train} in a JVM of its own, with the flags of this one. */
final class TrainingProcess implements AutoCloseable {
  private static final int KILLED = 128 + 9;

  private final Process process;
  private final Path log;

  /** Nobody would end it if this JVM were ended first. */
  private final Thread lastAct;

  private TrainingProcess(Process process, Path log) {
    this.process = process;
    this.log = log;
    lastAct = new Thread(process::destroyForcibly);
    Runtime.getRuntime().addShutdownHook(lastAct);
  }

  /**
   * Starts it.
   *
   * @param arguments those of {@code train}
   * @param log where all that it says is appended
   */
  static TrainingProcess start(List<String> arguments, Path log) throws IOException {
    List<String> train = new ArrayList<>(List.of("train"));
    train.addAll(arguments);
    Process process =
        new ProcessBuilder(CurrentJvm.command(CurrentJvm.MAIN, train))
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
            .start();
    process.getOutputStream().close();
    return new TrainingProcess(process, log);
  }

  boolean alive() {
    return process.isAlive();
  }

  /** Waits for its end and returns its exit code. */
  int exitCode() {
    try {
      return process.waitFor();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("Interrupted while a training ran.", e);
    }
  }

  /**
   * Ends it as the system would that runs out of memory: SIGKILL.
   *
   * @return whether that ended it; if not, it had ended by itself
   */
  boolean kill() {
    process.destroyForcibly();
    return exitCode() == KILLED;
  }

  /** The last lines of what it said. */
  String lastWords() throws IOException {
    List<String> lines = Files.readAllLines(log);
    return String.join("\n", lines.subList(Math.max(0, lines.size() - 5), lines.size()));
  }

  @Override
  public void close() {
    if (alive()) {
      kill();
    }
    Runtime.getRuntime().removeShutdownHook(lastAct);
  }
}
