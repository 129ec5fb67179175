package dev.counterpoint.runner.spark;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
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
import org.jspecify.annotations.Nullable;

/**
 * A run directory in a file system of Hadoop's. The rank trains in a local one; what it has written
 * is copied, a checkpoint as a whole: under a hidden name first, its checksums last, then renamed.
 * Where renaming copies, as in object stores, a checkpoint that was cut off has no checksums or
 * wrong ones, and is passed over.
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

  /** What is there already, by its path in the run directory: size and time, or the checksums. */
  private final Map<String, String> kept = new HashMap<>();

  HadoopStore(RemoteFolder remote, Path directory) {
    this.remote = remote;
    this.directory = directory;
  }

  /**
   * Looks for the file system.
   *
   * @throws IOException where Hadoop has no class for it, or cannot reach it
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
  public boolean shared() {
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
      noteWhatIsThere();
      fetchCheckpoints();
    } else if (remote.has(RankLog.name(rank))) {
      remote.download(remote.path(RankLog.name(rank)), directory.resolve(RankLog.name(rank)));
    }
  }

  /** Else what other ranks have written meanwhile would be written over with what it was. */
  private void noteWhatIsThere() throws IOException {
    for (Map.Entry<String, String> file : plainFiles().entrySet()) {
      if (remote.has(file.getKey())) {
        kept.put(file.getKey(), file.getValue());
      }
    }
  }

  /** Only the files that say what the run is. */
  void fetchSettings() throws IOException {
    Map<String, org.apache.hadoop.fs.Path> entries = remote.entries("");
    for (String name : SETTINGS) {
      if (!entries.containsKey(name)) {
        throw JobFailed.wrong(remote.root() + " is not a run directory: it has no " + name + ".");
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
        delete(local);
      } else if (remote.has(CHECKPOINTS + "/" + entry.getKey())) {
        kept.put(entry.getKey(), Files.readString(local.resolve(SUMS)));
      }
    }
  }

  private Map<String, org.apache.hadoop.fs.Path> checkpoints() throws IOException {
    Map<String, org.apache.hadoop.fs.Path> found = new TreeMap<>(remote.entries(CHECKPOINTS));
    found.keySet().removeIf(name -> !isCheckpoint(name));
    return found;
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
  public void keep() throws IOException {
    keepFiles(name -> true);
    if (Files.isDirectory(directory.resolve(CHECKPOINTS))) {
      keepCheckpoints();
    }
  }

  @Override
  public void keepOwn(int rank) throws IOException {
    keepFiles(name -> name.equals(RankLog.name(rank)) || name.startsWith(CAPSULES));
  }

  private void keepFiles(Predicate<String> wanted) throws IOException {
    for (Map.Entry<String, String> file : plainFiles().entrySet()) {
      String name = file.getKey();
      if (wanted.test(name) && !file.getValue().equals(kept.get(name))) {
        try {
          remote.upload(directory.resolve(name), name);
          kept.put(name, file.getValue());
        } catch (NoSuchFileException e) {
          // It was one that does not stay.
        }
      }
    }
  }

  /**
   * Size and time of the run's own files: none of its checkpoints, no note or lock of a process.
   */
  private Map<String, String> plainFiles() throws IOException {
    Map<String, String> files = new TreeMap<>();
    if (Files.isDirectory(directory)) {
      Files.walkFileTree(directory, new PlainFiles(files));
    }
    return files;
  }

  /** What goes while it is looked at was not to stay. */
  private final class PlainFiles extends SimpleFileVisitor<Path> {
    private final Map<String, String> found;

    PlainFiles(Map<String, String> found) {
      this.found = found;
    }

    @Override
    public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) {
      boolean enters =
          folder.equals(directory)
              || !(isHidden(folder) || folder.equals(directory.resolve(CHECKPOINTS)));
      return enters ? FileVisitResult.CONTINUE : FileVisitResult.SKIP_SUBTREE;
    }

    @Override
    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
      if (attributes.isRegularFile() && !isHidden(file)) {
        found.put(
            directory.relativize(file).toString().replace('\\', '/'),
            attributes.size() + " " + attributes.lastModifiedTime());
      }
      return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult visitFileFailed(Path file, IOException e) throws IOException {
      return postVisitDirectory(file, e);
    }

    @Override
    public FileVisitResult postVisitDirectory(Path folder, @Nullable IOException e)
        throws IOException {
      if (e != null && !(e instanceof NoSuchFileException)) {
        throw e;
      }
      return FileVisitResult.CONTINUE;
    }

    private static boolean isHidden(Path path) {
      return path.getFileName().toString().startsWith(".");
    }
  }

  private void keepCheckpoints() throws IOException {
    Set<String> here = checkpointsHere();
    for (String name : here) {
      keepCheckpoint(name);
    }
    for (Map.Entry<String, org.apache.hadoop.fs.Path> there : checkpoints().entrySet()) {
      if (!here.contains(there.getKey())) {
        remote.delete(there.getValue());
        kept.remove(there.getKey());
      }
    }
  }

  /** One that is just being replaced is there. */
  private Set<String> checkpointsHere() throws IOException {
    return list(directory.resolve(CHECKPOINTS)).stream()
        .map(folder -> folder.getFileName().toString().replaceFirst("^\\.(.+)\\.old$", "$1"))
        .filter(HadoopStore::isCheckpoint)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private void keepCheckpoint(String name) throws IOException {
    Path local = directory.resolve(CHECKPOINTS).resolve(name);
    try {
      String sums = Files.readString(local.resolve(SUMS));
      if (!sums.equals(kept.get(name))) {
        List<Path> files = list(local);
        files.sort(Comparator.comparing(HadoopStore::isSums));
        remote.upload(files, CHECKPOINTS + "/" + name);
        kept.put(name, sums);
      }
    } catch (NoSuchFileException e) {
      // The training has removed it meanwhile, as it keeps the newest only.
    }
  }

  private static List<Path> list(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.collect(Collectors.toList());
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  private static boolean isSums(Path file) {
    return file.endsWith(SUMS);
  }

  private static void delete(Path folder) throws IOException {
    if (!Files.exists(folder)) {
      return;
    }
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
