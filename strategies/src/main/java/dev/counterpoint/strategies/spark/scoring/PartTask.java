package dev.counterpoint.strategies.spark.scoring;

import dev.counterpoint.strategies.launch.ParentWatchdog;
import dev.counterpoint.strategies.launch.RankExit;
import dev.counterpoint.strategies.spark.Program;
import dev.counterpoint.strategies.spark.TaskFolder;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.function.VoidFunction;
import org.apache.spark.util.CollectionAccumulator;

/**
 * Predicts one file of a table in a separate JVM. The part appears in the output when it is
 * complete, so that attempts which run at the same time cannot disturb each other.
 *
 * @param attempts the folder of this start of the job for parts that are not complete
 * @param refusals receives why a file cannot be predicted; another attempt would end in the same
 *     way
 */
record PartTask(
    ScoringPlan plan, Program program, String attempts, CollectionAccumulator<String> refusals)
    implements VoidFunction<Integer> {
  private static final long serialVersionUID = 1L;
  private static final String ERROR = "counterpoint: ";
  private static final int MAX_MESSAGE = 2_000; // characters

  /**
   * Predicts the file with this index.
   *
   * @throws IOException if the process fails, so that Spark makes another attempt
   */
  @Override
  public void call(Integer index) throws IOException, InterruptedException {
    Path part = plan.part(index);
    if (Files.exists(part)) {
      return; // An earlier start has predicted it.
    }
    TaskContext context = TaskContext.get();
    Path attempt = Path.of(attempts, Long.toString(context.taskAttemptId()));
    try (TaskFolder folder = TaskFolder.create("part-" + index)) {
      Files.createDirectories(attempt);
      Path written = attempt.resolve(part.getFileName());
      Path log = folder.path().resolve("log");
      int code = run(process(index, written, folder, context.cpus()), log);
      if (code == RankExit.INVALID_REQUEST) {
        refusals.add(message(log));
      } else if (code != 0) {
        throw new IOException(
            "the process for %s %s: %s".formatted(part, RankExit.describe(code), message(log)));
      } else {
        Files.move(written, part, StandardCopyOption.ATOMIC_MOVE);
      }
    } finally {
      TaskFolder.delete(attempt);
    }
  }

  private ProcessBuilder process(int index, Path written, TaskFolder folder, int threads)
      throws IOException {
    List<String> command = new ArrayList<>(List.of("predict"));
    command.addAll(plan.arguments());
    command.addAll(List.of("--data", plan.files().get(index), "--output", written.toString()));
    command.add("--part");
    int tasks = Math.max(1, Runtime.getRuntime().availableProcessors() / threads);
    ProcessBuilder process = program.process(folder, tasks, threads, command);
    Path trusted = folder.folder("code").resolve("trusted");
    if (!plan.trusted().isEmpty()) {
      Files.writeString(trusted, plan.trusted());
    }
    process.environment().put("COUNTERPOINT_TRUSTED_CODE", trusted.toString());
    process.environment().put(ParentWatchdog.VARIABLE, ParentWatchdog.STDIN);
    return process;
  }

  /** Runs a process, which ends with this task, or by its watchdog with the executor. */
  private static int run(ProcessBuilder builder, Path log)
      throws IOException, InterruptedException {
    Process process =
        builder.redirectOutput(ProcessBuilder.Redirect.DISCARD).redirectError(log.toFile()).start();
    try {
      return process.waitFor();
    } finally {
      process.destroyForcibly().onExit().join();
    }
  }

  /** The error that the process has printed, or the end of its output. */
  private static String message(Path log) throws IOException {
    String all = new String(Files.readAllBytes(log), StandardCharsets.UTF_8).strip();
    String error =
        all.lines()
            .filter(line -> line.startsWith(ERROR))
            .map(line -> line.substring(ERROR.length()))
            .collect(Collectors.joining("\n"));
    String text = error.isEmpty() ? all : error;
    return text.substring(Math.max(0, text.length() - MAX_MESSAGE));
  }
}
