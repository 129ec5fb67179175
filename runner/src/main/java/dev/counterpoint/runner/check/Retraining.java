package dev.counterpoint.runner.check;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.checkpoint.Checkpoint;
import dev.counterpoint.core.internal.storage.AtomicFile;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.inference.internal.code.TrustedCode;
import dev.counterpoint.runner.machine.ChildJvm;
import dev.counterpoint.runner.machine.CurrentJvm;
import dev.counterpoint.runner.rundir.Provenance;
import dev.counterpoint.runner.rundir.RunDirectory;
import dev.counterpoint.runner.wiring.Run;
import dev.counterpoint.runner.wiring.Threads;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongPredicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Trains a run, or a part of it, again in another directory, with nothing but its run directory:
 * run file, code, and the paths of the data. Each part of the run is trained with the settings and
 * the number of threads that it had; the run directory is not changed.
 *
 * @param run the run, whose data and code are used
 * @param runFile the run file for the last part of the run; earlier parts, before a resume with
 *     other settings, have theirs in the provenance
 * @param output the new run directory
 * @param scratch an empty folder for a copy of the run's small files, and the log
 * @param options further options of {@code train}
 */
public record Retraining(
    Run run, String runFile, RunDirectory output, Path scratch, List<String> options) {
  private static final String NOT_COPIED =
      "checkpoints|model|snapshots|logs|summary\\.json|history\\.jsonl|report\\.html|\\..*";

  public Retraining {
    options = List.copyOf(options);
  }

  /**
   * The end of the training.
   *
   * @param step the last step; {@link Long#MAX_VALUE} for the end of the run
   * @param validated whether a step at which the training ends, or is stopped, was validated
   * @param stops earlier steps after which the training is stopped, which saves a checkpoint, and
   *     resumed
   */
  public record End(long step, LongPredicate validated, Set<Long> stops) {
    /** An end without stops before it. */
    public End(long step, boolean validated) {
      this(step, it -> validated && it == step, Set.of());
    }

    /** The stops between two steps, and the later one. */
    private List<Long> between(long from, long to) {
      return Stream.concat(
              stops.stream().filter(it -> it > from && it < to).sorted(), Stream.of(to))
          .toList();
    }
  }

  /**
   * Steps that were trained with the same settings.
   *
   * @param process the provenance of the process that began with the first of them
   * @param runFile the run file
   * @param from the number of steps before them
   */
  private record Part(JsonNode process, String runFile, long from) {
    private JsonNode threads() {
      return process.path("machine").path("threads");
    }

    boolean isContinuedBy(Part next) {
      return runFile.equals(next.runFile) && threads().equals(next.threads());
    }

    /** Sets the variables on which the bits depend to their values in the run. */
    void restore(Map<String, String> environment) {
      if (threads().isInt()) {
        environment.put(Threads.VARIABLE, threads().asText());
        for (String name : Provenance.KERNEL_VARIABLES) {
          String value = process.path("machine").path("kernelVariables").path(name).asText();
          if (value.matches("[\\w,.-]+")) {
            environment.put(name, value);
          } else {
            environment.remove(name);
          }
        }
      }
    }
  }

  /**
   * Trains.
   *
   * @param from the checkpoint to start from; empty for the start of the run
   * @throws InvalidSettings if the run cannot be trained, for example because data is missing
   */
  public RunDirectory train(Optional<Checkpoint> from, End end) throws IOException {
    long first = from.map(Checkpoint::step).orElse(0L);
    Path origin = from.isPresent() ? output.path() : scratch.resolve("origin");
    copy(origin);
    if (from.isPresent()) {
      copyTree(
          from.get().directory(),
          output.checkpoints().resolve(from.get().directory().getFileName()));
    }
    List<Part> parts = parts();
    for (int i = 0; i < parts.size(); i++) {
      long next = i + 1 < parts.size() ? parts.get(i + 1).from() : Long.MAX_VALUE;
      if (next > first && parts.get(i).from() < end.step()) {
        boolean isNew = from.isEmpty() && parts.get(i).from() == 0;
        Path runFile = isNew ? origin.resolve(RunDirectory.RUN_FILE) : output.runFile();
        AtomicFile.writeText(runFile, parts.get(i).runFile());
        for (long step :
            end.between(Math.max(first, parts.get(i).from()), Math.min(next, end.step()))) {
          train(parts.get(i), isNew ? runFile : null, step, end.validated().test(step));
          isNew = false;
        }
      }
    }
    return output;
  }

  private void train(Part part, @Nullable Path runFile, long end, boolean validated)
      throws IOException {
    List<String> arguments = new ArrayList<>(List.of("train"));
    if (runFile == null) {
      arguments.add(output.path().toString());
    } else {
      arguments.addAll(List.of(runFile.toString(), "--output", output.path().toString()));
    }
    arguments.addAll(options);
    arguments.addAll(List.of("--set", "training.maxTime=null")); // The steps are known.
    if (end < Long.MAX_VALUE) {
      arguments.addAll(List.of("--until", Long.toString(end)));
    }
    if (validated) {
      arguments.add("--validate");
    }
    Path log = scratch.resolve("log.txt");
    String trusted = TrustedCode.copyOfList(scratch.resolve("trusted-code")).toString();
    try (ChildJvm training =
        ChildJvm.start(
            CurrentJvm.MAIN,
            arguments,
            log,
            environment -> {
              part.restore(environment);
              environment.put(TrustedCode.VARIABLE, trusted);
            })) {
      int code = training.exitCode();
      if (code != 0) {
        throw new InvalidSettings(
            "The run cannot be trained again (exit code %s):\n%s", code, training.lastLines());
      }
    }
  }

  private List<Part> parts() throws IOException {
    List<Part> parts = new ArrayList<>();
    RunDirectory directory = run.directory();
    for (JsonNode process : Provenance.processes(AtomicFile.readJson(directory.provenance()))) {
      JsonNode settings = process.path("settings"); // absent in earlier versions
      List<String> classpath =
          settings.path("classpath").valueStream().map(JsonNode::asText).toList();
      if (settings.isObject() && !classpath.equals(run.file().classpath())) {
        throw new InvalidSettings(
            "%s: steps were trained with another classpath than that in %s, whose code alone is checked and trusted.",
            directory.provenance(), RunDirectory.RUN_FILE);
      }
      Part part =
          new Part(
              process,
              settings.isObject() ? run.withSettingsOf(settings.toString()) : runFile,
              process.path("afterStep").asLong());
      parts.removeIf(it -> it.from() >= part.from() && part.from() > 0);
      if (parts.isEmpty() || !parts.get(parts.size() - 1).isContinuedBy(part)) {
        parts.add(part);
      }
    }
    Part last = parts.remove(parts.size() - 1);
    parts.add(new Part(last.process(), run.withSettingsOf(runFile), last.from()));
    return parts;
  }

  /** Copies everything except results; relative paths are still resolved in the run directory. */
  private void copy(Path target) throws IOException {
    Files.createDirectories(target);
    try (Stream<Path> entries = Files.list(run.directory().path())) {
      for (Path entry : entries.toList()) {
        if (!entry.getFileName().toString().matches(NOT_COPIED)) {
          copyTree(entry, target.resolve(entry.getFileName()));
        }
      }
    }
    ObjectNode provenance = AtomicFile.readJson(run.directory().provenance());
    provenance.withArray("baseFolders").add(run.directory().path().toString());
    AtomicFile.writeJson(new RunDirectory(target).provenance(), provenance);
  }

  /** Copies files and folders; links and devices, which may not end, are no part of a run. */
  private static void copyTree(Path source, Path target) throws IOException {
    Files.createDirectories(target.resolveSibling(""));
    try (Stream<Path> files = Files.walk(source)) {
      for (Path file : files.toList()) {
        if (Files.isDirectory(file, LinkOption.NOFOLLOW_LINKS)
            || Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
          Files.copy(file, target.resolve(source.relativize(file).toString()));
        }
      }
    }
  }
}
