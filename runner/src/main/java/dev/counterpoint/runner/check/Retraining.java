package dev.counterpoint.runner.check;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.checkpoint.Checkpoint;
import dev.counterpoint.core.internal.storage.AtomicFile;
import dev.counterpoint.core.internal.storage.FolderEntries;
import dev.counterpoint.core.internal.storage.Json;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.inference.internal.code.TrustedCode;
import dev.counterpoint.runner.machine.ChildJvm;
import dev.counterpoint.runner.machine.CurrentJvm;
import dev.counterpoint.runner.rundir.RunCode;
import dev.counterpoint.runner.rundir.RunDirectory;
import dev.counterpoint.runner.wiring.Run;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongPredicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Trains a run, or a part of it, again in another directory. The run directory is not changed. It
 * may come from anyone, so nothing of it is used but its run file, its code, the folders of its
 * data, what {@link RunPart} has, and the checkpoint to start from, if any.
 *
 * @param run the run
 * @param parts the parts of the run
 * @param output the new run directory
 * @param scratch an empty folder for a copy of the code, and the log
 * @param options further options of {@code train}
 */
public record Retraining(
    Run run, List<RunPart> parts, RunDirectory output, Path scratch, List<String> options) {
  public Retraining {
    parts = List.copyOf(parts);
    options = List.copyOf(options);
  }

  /** Reads the parts of the run from its provenance. */
  public Retraining(Run run, RunDirectory output, Path scratch, List<String> options)
      throws IOException {
    this(run, RunPart.of(run), output, scratch, options);
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
    /** An end without earlier stops. */
    public End(long step, boolean validated) {
      this(step, it -> validated && it == step, Set.of());
    }

    /** The stops between two steps, followed by the second step. */
    private List<Long> between(long from, long to) {
      return Stream.concat(
              stops.stream().filter(it -> it > from && it < to).sorted(), Stream.of(to))
          .toList();
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
    for (int i = 0; i < parts.size(); i++) {
      long next = i + 1 < parts.size() ? parts.get(i + 1).from() : Long.MAX_VALUE;
      if (next > first && parts.get(i).from() < end.step()) {
        boolean isNew = from.isEmpty() && parts.get(i).from() == 0;
        Path runFile = isNew ? origin.resolve(RunDirectory.RUN_FILE) : output.runFile();
        AtomicFile.writeText(runFile, parts.get(i).runFile().toString());
        for (long step :
            end.between(Math.max(first, parts.get(i).from()), Math.min(next, end.step()))) {
          train(parts.get(i), isNew ? runFile : null, step, end.validated().test(step));
          isNew = false;
        }
      }
    }
    return output;
  }

  private void train(RunPart part, @Nullable Path runFile, long end, boolean validated)
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
    Path trusted = scratch.resolve("trusted-code"); // what was printed, and no more
    TrustedCode.in(trusted).add(run.code().hashes(), run.queries());
    try (ChildJvm training =
        ChildJvm.start(
            CurrentJvm.MAIN,
            arguments,
            log,
            environment -> {
              part.restore(environment);
              environment.put(Run.REPETITION, "true");
              environment.put(TrustedCode.VARIABLE, trusted.toString());
            })) {
      int code = training.exitCode();
      if (code != 0) {
        throw new InvalidSettings(
            "Training the run again failed (exit code %s):\n%s", code, training.lastLines());
      }
    }
  }

  /**
   * Copies the files of the run; relative data paths are still resolved as in the run. Code outside
   * of the run directory is not copied.
   */
  private void copy(Path target) throws IOException {
    RunDirectory copy = new RunDirectory(target);
    Files.createDirectories(target);
    Path directory = run.directory().path().toAbsolutePath().normalize();
    RunCode code = new RunCode(directory, run.file().classpath());
    Set<Path> entries = new LinkedHashSet<>(run.code().hashes().keySet());
    entries.addAll(TrustedCode.requirePlain(code.entries())); // the sources of code/classes
    for (Path entry : entries) {
      if (entry.startsWith(directory.resolve(RunCode.FOLDER))) {
        copyTree(entry, target.resolve(directory.relativize(entry)));
      }
    }
    ObjectNode provenance = Json.MAPPER.createObjectNode();
    run.files().folders().forEach(it -> provenance.withArray("baseFolders").add(it.toString()));
    AtomicFile.writeJson(copy.provenance(), provenance);
  }

  /** Copies files and folders; links and devices are not part of a run. */
  private static void copyTree(Path source, Path target) throws IOException {
    Files.createDirectories(target.resolveSibling(""));
    try (Stream<Path> files = Files.walk(source)) {
      for (Path file : files.toList()) {
        Path copy = target.resolve(source.relativize(file).toString());
        if (FolderEntries.isPlain(file) && !Files.exists(copy)) {
          Files.copy(file, copy);
        }
      }
    }
  }
}
