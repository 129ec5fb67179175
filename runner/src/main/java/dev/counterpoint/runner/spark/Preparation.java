package dev.counterpoint.runner.spark;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What all tasks must have before any of them starts its rank: files, program, run directory. */
record Preparation(
    RankSupervisor.Job job, RankSupervisor.Place place, RunStore store, Gathering tasks) {
  private static final String BETWEEN = "\n";

  /** How tasks tell each other something. */
  @FunctionalInterface
  interface Gathering {
    /** What all have said, by rank, when all have. */
    String[] gather(String own);
  }

  /**
   * Brings what is needed, and returns what is wrong, with its hosts; the same in all tasks.
   *
   * @throws IOException where something could not be brought this time
   */
  List<String> agree() throws IOException {
    Path mark = store.directory().resolve(".seen");
    boolean marks = store.shared() && place.rank() == 0;
    String failed = tasks.gather(marks ? mark(mark) : "")[0];
    List<String> own = failed.isEmpty() ? problems(mark) : List.of(failed);
    List<String> all = merged(tasks.gather(String.join(BETWEEN, own)));
    if (marks) {
      Files.deleteIfExists(mark);
    }
    return all;
  }

  /** Leaves something in the run directory that the others must see; empty where that worked. */
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
    if (store.shared() && !Files.exists(mark)) {
      problems.add(
          "the run directory "
              + store.directory()
              + " is not the one that rank 0 sees; --output must name a path that all machines"
              + " share, or a URI of a file system that Hadoop knows");
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
      job.program().here();
    } catch (JobFailed e) {
      problems.add(String.valueOf(e.getMessage()));
    }
    store.fetch(place.rank());
    if (place.rank() == 0 || !store.shared()) {
      place.folder().putClasses(store.directory());
    }
    return problems;
  }

  private List<String> merged(String[] byRank) {
    TreeMap<String, TreeSet<String>> hosts = new TreeMap<>();
    for (int rank = 0; rank < byRank.length; rank++) {
      String host = place.neighbours().hosts().get(rank);
      Stream.of(byRank[rank].split(BETWEEN))
          .filter(problem -> !problem.isEmpty())
          .forEach(problem -> hosts.computeIfAbsent(problem, it -> new TreeSet<>()).add(host));
    }
    return hosts.entrySet().stream()
        .map(it -> it.getKey() + " on " + it.getValue().stream().collect(Collectors.joining(", ")))
        .toList();
  }
}
