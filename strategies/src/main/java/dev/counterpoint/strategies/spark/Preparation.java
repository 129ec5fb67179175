package dev.counterpoint.strategies.spark;

import dev.counterpoint.strategies.launch.LaunchException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Checks and copies what every task needs before any rank starts: files, program, run directory.
 *
 * @param gather the all-gather of the barrier stage: returns the values of all tasks, by rank
 */
record Preparation(
    RankSupervisor.SparkJob job,
    TaskPlacement placement,
    TaskFolder folder,
    RunStore store,
    Function<String, String[]> gather) {
  private static final String SEPARATOR = "\n";

  /**
   * Copies the files, and returns all problems with their hosts; the result is the same in all
   * tasks.
   *
   * @throws IOException if a file could not be copied in this attempt
   */
  List<String> agree() throws IOException {
    Path mark = store.directory().resolve(".seen");
    boolean marks = store.isShared() && placement.rank() == 0;
    String failed = gather.apply(marks ? mark(mark) : "")[0];
    List<String> own = failed.isEmpty() ? problems(mark) : List.of(failed);
    List<String> all = merged(gather.apply(String.join(SEPARATOR, own)));
    if (marks) {
      Files.deleteIfExists(mark);
    }
    return all;
  }

  /** Writes a file that all tasks must see; returns the problem, or an empty text. */
  private static String mark(Path mark) {
    try {
      Files.createDirectories(mark.resolveSibling("."));
      Files.writeString(mark, "");
      return "";
    } catch (IOException e) {
      return "the run directory " + mark.getParent() + " cannot be written: " + e;
    }
  }

  private List<String> problems(Path mark) throws IOException {
    List<String> problems = new ArrayList<>();
    if (store.isShared() && !Files.exists(mark)) {
      problems.add(
          ("the run directory %s is not shared with rank 0; --output must be a path on a"
                  + " file system that all machines share, or a URI of a Hadoop file system")
              .formatted(store.directory()));
    }
    job.plan()
        .files()
        .forEach(
            (key, file) -> {
              if (!Files.isReadable(Path.of(file))) {
                problems.add(key + ": " + file + " cannot be read");
              }
            });
    try {
      job.program().jarsHere();
    } catch (LaunchException e) {
      problems.add(String.valueOf(e.getMessage()));
    }
    store.fetch(placement.rank());
    if (placement.rank() == 0 || !store.isShared()) {
      folder.putClasses(store.directory());
    }
    return problems;
  }

  private List<String> merged(String[] byRank) {
    TreeMap<String, TreeSet<String>> hosts = new TreeMap<>();
    for (int rank = 0; rank < byRank.length; rank++) {
      String host = placement.hosts().get(rank);
      Stream.of(byRank[rank].split(SEPARATOR))
          .filter(problem -> !problem.isEmpty())
          .forEach(problem -> hosts.computeIfAbsent(problem, it -> new TreeSet<>()).add(host));
    }
    return hosts.entrySet().stream()
        .map(it -> it.getKey() + " on " + it.getValue().stream().collect(Collectors.joining(", ")))
        .toList();
  }
}
