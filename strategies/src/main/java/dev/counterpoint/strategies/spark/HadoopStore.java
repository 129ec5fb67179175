package dev.counterpoint.strategies.spark;

import dev.counterpoint.strategies.launch.Attempt;
import dev.counterpoint.strategies.launch.LaunchException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;

/**
 * A run directory in a Hadoop file system. The rank trains in a local directory, whose new files
 * are copied. A checkpoint is copied as a whole: under a hidden name first, its checksums last,
 * then renamed. In object stores, where renaming copies, an interrupted checkpoint has missing or
 * wrong checksums, and is ignored.
 */
final class HadoopStore implements RunStore {
  private static final String CHECKPOINTS = "checkpoints";
  private static final String CAPSULES = "snapshots/";
  private static final String SUMS = "SHA256SUMS";
  private static final String STEP = "step-\\d{8,}";
  private static final String BEST = "best";
  private static final List<String> SETTINGS = List.of("run.yaml", "provenance.json");

  private final RemoteFolder remote;
  private final Path directory;

  /** The saved files by path in the run directory, with size and time, or the checksums. */
  private final Map<String, String> saved = new HashMap<>();

  HadoopStore(RemoteFolder remote, Path directory) {
    this.remote = remote;
    this.directory = directory;
  }

  /**
   * Opens the file system.
   *
   * @throws IOException if Hadoop does not support it or cannot reach it
   */
  static HadoopStore open(String output, Path directory, Configuration hadoop) throws IOException {
    FileSystem files = FileSystem.get(URI.create(output), hadoop);
    return new HadoopStore(
        new RemoteFolder(files, new org.apache.hadoop.fs.Path(output)), directory);
  }

  @Override
  public Path directory() {
    return directory;
  }

  @Override
  public boolean isShared() {
    return false;
  }

  @Override
  public void fetch(int rank) throws IOException {
    boolean all = rank == 0;
    for (Map.Entry<String, org.apache.hadoop.fs.Path> entry : remote.entries("").entrySet()) {
      String name = entry.getKey();
      if (!name.equals(CHECKPOINTS) && (all || SETTINGS.contains(name))) {
        remote.download(entry.getValue(), directory.resolve(name));
      }
    }
    if (all) {
      noteSaved();
      fetchCheckpoints();
    } else if (remote.has(logName(rank))) {
      remote.download(remote.path(logName(rank)), directory.resolve(logName(rank)));
    }
  }

  /** Marks fetched files as saved, so that rank 0 does not overwrite newer logs of other ranks. */
  private void noteSaved() throws IOException {
    for (Map.Entry<String, String> file : plainFiles().entrySet()) {
      if (remote.has(file.getKey())) {
        saved.put(file.getKey(), file.getValue());
      }
    }
  }

  /** Copies only the files that describe the run. */
  void fetchSettings() throws IOException {
    Map<String, org.apache.hadoop.fs.Path> entries = remote.entries("");
    for (String name : SETTINGS) {
      if (!entries.containsKey(name)) {
        throw LaunchException.invalid(
            remote.root() + " is not a run directory: it has no " + name + ".");
      }
      remote.download(entries.get(name), directory.resolve(name));
    }
    if (entries.containsKey(JobPlan.CLASSPATH)) {
      remote.download(entries.get(JobPlan.CLASSPATH), directory.resolve(JobPlan.CLASSPATH));
    }
  }

  private void fetchCheckpoints() throws IOException {
    for (Map.Entry<String, org.apache.hadoop.fs.Path> entry : checkpoints().entrySet()) {
      Path local = directory.resolve(CHECKPOINTS).resolve(entry.getKey());
      remote.download(entry.getValue(), local);
      if (!isWhole(local)) {
        TaskFolder.delete(local);
      } else if (remote.has(CHECKPOINTS + "/" + entry.getKey())) {
        saved.put(entry.getKey(), Files.readString(local.resolve(SUMS)));
      }
    }
  }

  private Map<String, org.apache.hadoop.fs.Path> checkpoints() throws IOException {
    Map<String, org.apache.hadoop.fs.Path> found = new TreeMap<>(remote.entries(CHECKPOINTS));
    found.keySet().removeIf(name -> !isCheckpoint(name));
    return found;
  }

  private static String logName(int rank) {
    return "logs/" + Attempt.logName(rank);
  }

  private static boolean isCheckpoint(String name) {
    return name.matches(STEP) || name.equals(BEST);
  }

  private static boolean isWhole(Path checkpoint) throws IOException {
    Path sums = checkpoint.resolve(SUMS);
    if (!Files.isRegularFile(sums)) {
      return false;
    }
    for (String line : Files.readAllLines(sums)) {
      String[] words = line.split(" [ *]", 2);
      Path file = checkpoint.resolve(words[words.length - 1]);
      if (!Files.isRegularFile(file) || !hash(file).equals(words[0])) {
        return false;
      }
    }
    return true;
  }

  private static String hash(Path file) throws IOException {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      try (InputStream in = new DigestInputStream(Files.newInputStream(file), digest)) {
        in.transferTo(OutputStream.nullOutputStream());
      }
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void save() throws IOException {
    Set<String> here = checkpointsHere(); // first, so that the files have their lines
    saveFiles(name -> true);
    saveCheckpoints(here);
  }

  @Override
  public void saveOwn(int rank) throws IOException {
    saveFiles(name -> name.equals(logName(rank)) || name.startsWith(CAPSULES));
  }

  private void saveFiles(Predicate<String> wanted) throws IOException {
    for (Map.Entry<String, String> file : plainFiles().entrySet()) {
      String name = file.getKey();
      if (wanted.test(name) && !file.getValue().equals(saved.get(name))) {
        try {
          remote.upload(directory.resolve(name), name);
          saved.put(name, file.getValue());
        } catch (NoSuchFileException e) {
          // A temporary file.
        }
      }
    }
  }

  /** Size and time of all files of the run, except checkpoints and hidden files. */
  private Map<String, String> plainFiles() throws IOException {
    Map<String, String> files = new TreeMap<>();
    if (Files.isDirectory(directory)) {
      addFiles(directory, files);
    }
    return files;
  }

  /** Adds the files of a folder; files that disappear meanwhile were temporary. */
  private void addFiles(Path folder, Map<String, String> found) throws IOException {
    for (Path entry : list(folder)) {
      try {
        BasicFileAttributes attributes =
            Files.readAttributes(entry, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
        boolean hidden = entry.getFileName().toString().startsWith(".");
        if (attributes.isRegularFile() && !hidden) {
          found.put(
              directory.relativize(entry).toString().replace('\\', '/'),
              attributes.size() + " " + attributes.lastModifiedTime());
        } else if (attributes.isDirectory()
            && !hidden
            && !entry.equals(directory.resolve(CHECKPOINTS))) {
          addFiles(entry, found);
        }
      } catch (NoSuchFileException e) {
        // A temporary file.
      }
    }
  }

  /** Saves checkpoints, then deletes the others, unless the training has removed one meanwhile. */
  private void saveCheckpoints(Set<String> here) throws IOException {
    boolean all = here.stream().anyMatch(name -> name.matches(STEP));
    for (String name : here) {
      all &= saveCheckpoint(name);
    }
    if (!all) {
      return;
    }
    for (Map.Entry<String, org.apache.hadoop.fs.Path> there : checkpoints().entrySet()) {
      if (!here.contains(there.getKey())) {
        remote.delete(there.getValue());
        saved.remove(there.getKey());
      }
    }
  }

  /** The local checkpoints, including one that is currently being replaced. */
  private Set<String> checkpointsHere() throws IOException {
    Path folder = directory.resolve(CHECKPOINTS);
    return (Files.isDirectory(folder) ? list(folder) : List.<Path>of())
        .stream()
            .map(
                checkpoint ->
                    checkpoint.getFileName().toString().replaceFirst("^\\.(.+)\\.old$", "$1"))
            .filter(HadoopStore::isCheckpoint)
            .collect(Collectors.toCollection(TreeSet::new));
  }

  /** Saves a checkpoint; returns whether it is saved now. */
  private boolean saveCheckpoint(String name) throws IOException {
    Path local = directory.resolve(CHECKPOINTS).resolve(name);
    try {
      String sums = Files.readString(local.resolve(SUMS));
      if (!sums.equals(saved.get(name))) {
        List<Path> files = list(local);
        files.sort(Comparator.comparing(file -> file.endsWith(SUMS)));
        remote.upload(files, CHECKPOINTS + "/" + name);
        saved.put(name, sums);
      }
      return true;
    } catch (NoSuchFileException e) {
      return false; // The training has removed this checkpoint: it keeps only the newest.
    }
  }

  private static List<Path> list(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.collect(Collectors.toList());
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }
}
