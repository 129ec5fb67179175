package dev.counterpoint.runner.spark;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Files;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * A run directory in a file system of Hadoop's. The rank trains in a local one; what it has written
 * is copied, a checkpoint as a whole: under a hidden name first, its checksums last, then renamed.
 * Where renaming copies, as in object stores, a checkpoint that was cut off has no checksums or
 * wrong ones, and is passed over.
 */
final class HadoopStore implements RunStore {
  private static final String CHECKPOINTS = "checkpoints";
  private static final String SUMS = "SHA256SUMS";
  private static final String STEP = "step-\\d{8,}";
  private static final String BEST = "best";
  private static final List<String> SETTINGS = List.of("run.yaml", "provenance.json");

  private final FileSystem remote;
  private final Path output;
  private final java.nio.file.Path directory;

  /** What has been copied, by its path in the run directory: size and time, or the checksums. */
  private final Map<String, String> kept = new HashMap<>();

  private HadoopStore(FileSystem remote, Path output, java.nio.file.Path directory) {
    this.remote = remote;
    this.output = output;
    this.directory = directory;
  }

  /**
   * Looks for the file system.
   *
   * @throws IOException where Hadoop has no class for it, or cannot reach it
   */
  static HadoopStore open(String output, java.nio.file.Path directory, Configuration hadoop)
      throws IOException {
    return new HadoopStore(FileSystem.get(URI.create(output), hadoop), new Path(output), directory);
  }

  @Override
  public java.nio.file.Path directory() {
    return directory;
  }

  @Override
  public boolean shared() {
    return false;
  }

  @Override
  public void fetch(boolean all) throws IOException {
    for (FileStatus entry : entries(output)) {
      String name = entry.getPath().getName();
      if (!name.equals(CHECKPOINTS) && (all || SETTINGS.contains(name))) {
        download(entry.getPath(), directory.resolve(name));
      }
    }
    fetchCheckpoints(all);
  }

  /** Only the files that say what the run is. */
  void fetchSettings() throws IOException {
    for (String name : SETTINGS) {
      Path file = new Path(output, name);
      if (!remote.exists(file)) {
        throw JobFailed.wrong(output + " is not a run directory: it has no " + name + ".");
      }
      download(file, directory.resolve(name));
    }
    Path classes = new Path(output, JobPlan.CLASSPATH);
    if (remote.exists(classes)) {
      download(classes, directory.resolve(JobPlan.CLASSPATH));
    }
  }

  private void fetchCheckpoints(boolean all) throws IOException {
    List<String> names = new ArrayList<>(checkpoints());
    names.sort(Comparator.reverseOrder());
    boolean found = false;
    for (String name : names) {
      boolean wanted = all || !found || name.equals(BEST);
      found |= wanted && fetchCheckpoint(name) && !name.equals(BEST);
    }
  }

  /** Whether it came here whole. */
  private boolean fetchCheckpoint(String name) throws IOException {
    java.nio.file.Path local = directory.resolve(CHECKPOINTS).resolve(name);
    download(new Path(new Path(output, CHECKPOINTS), name), local);
    if (isWhole(local)) {
      kept.put(name, Files.readString(local.resolve(SUMS)));
      return true;
    }
    delete(local);
    return false;
  }

  private Set<String> checkpoints() throws IOException {
    return entries(new Path(output, CHECKPOINTS)).stream()
        .map(entry -> entry.getPath().getName())
        .filter(name -> name.matches(STEP) || name.equals(BEST))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private List<FileStatus> entries(Path folder) throws IOException {
    try {
      return Stream.of(remote.listStatus(folder))
          .filter(entry -> !entry.getPath().getName().startsWith("."))
          .toList();
    } catch (FileNotFoundException e) {
      return List.of();
    }
  }

  private void download(Path from, java.nio.file.Path to) throws IOException {
    if (remote.getFileStatus(from).isDirectory()) {
      Files.createDirectories(to);
      for (FileStatus entry : entries(from)) {
        download(entry.getPath(), to.resolve(entry.getPath().getName()));
      }
    } else {
      Files.createDirectories(to.resolveSibling("."));
      try (InputStream in = remote.open(from)) {
        Files.copy(in, to, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
      }
    }
  }

  private static boolean isWhole(java.nio.file.Path checkpoint) throws IOException {
    java.nio.file.Path sums = checkpoint.resolve(SUMS);
    if (!Files.isRegularFile(sums)) {
      return false;
    }
    for (String line : Files.readAllLines(sums)) {
      String[] words = line.split(" [ *]", 2);
      java.nio.file.Path file = checkpoint.resolve(words[words.length - 1]);
      if (!Files.isRegularFile(file) || !hash(file).equals(words[0])) {
        return false;
      }
    }
    return true;
  }

  private static String hash(java.nio.file.Path file) throws IOException {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      try (InputStream in = new DigestInputStream(Files.newInputStream(file), digest)) {
        in.transferTo(java.io.OutputStream.nullOutputStream());
      }
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void keep() throws IOException {
    if (!Files.isDirectory(directory)) {
      return;
    }
    keepFiles();
    if (Files.isDirectory(directory.resolve(CHECKPOINTS))) {
      keepCheckpoints();
    }
  }

  private void keepFiles() throws IOException {
    try (Stream<java.nio.file.Path> walk = Files.walk(directory)) {
      for (java.nio.file.Path file : walk.filter(this::isPlain).toList()) {
        String name = directory.relativize(file).toString();
        String state = Files.size(file) + " " + Files.getLastModifiedTime(file);
        if (!state.equals(kept.get(name))) {
          upload(file, new Path(output, name.replace('\\', '/')));
          kept.put(name, state);
        }
      }
    }
  }

  /** A file of the run's own, in none of its checkpoints, and no note or lock of a process. */
  private boolean isPlain(java.nio.file.Path file) {
    java.nio.file.Path name = directory.relativize(file);
    return Files.isRegularFile(file)
        && !name.startsWith(CHECKPOINTS)
        && Stream.of(name.toString().split("[/\\\\]")).noneMatch(part -> part.startsWith("."));
  }

  private void upload(java.nio.file.Path from, Path to) throws IOException {
    Path fresh = new Path(to.getParent(), "." + to.getName() + ".new");
    remote.copyFromLocalFile(false, true, new Path(from.toUri()), fresh);
    replace(fresh, to);
  }

  private void replace(Path fresh, Path place) throws IOException {
    remote.delete(place, true);
    if (!remote.rename(fresh, place)) {
      throw new IOException("Cannot rename " + fresh + " to " + place + ".");
    }
  }

  private void keepCheckpoints() throws IOException {
    Set<String> here = new TreeSet<>();
    try (Stream<java.nio.file.Path> folders = Files.list(directory.resolve(CHECKPOINTS))) {
      folders
          .map(folder -> folder.getFileName().toString())
          .filter(name -> name.matches(STEP) || name.equals(BEST))
          .forEach(here::add);
    }
    for (String name : here) {
      keepCheckpoint(name);
    }
    for (String name : checkpoints()) {
      if (!here.contains(name)) {
        remote.delete(new Path(new Path(output, CHECKPOINTS), name), true);
        kept.remove(name);
      }
    }
  }

  private void keepCheckpoint(String name) throws IOException {
    java.nio.file.Path local = directory.resolve(CHECKPOINTS).resolve(name);
    try {
      String sums = Files.readString(local.resolve(SUMS));
      if (!sums.equals(kept.get(name))) {
        uploadCheckpoint(local, name);
        kept.put(name, sums);
      }
    } catch (java.nio.file.NoSuchFileException e) {
      // The training has removed it meanwhile, as it keeps the newest only.
    }
  }

  private void uploadCheckpoint(java.nio.file.Path local, String name) throws IOException {
    Path folder = new Path(output, CHECKPOINTS);
    Path fresh = new Path(folder, "." + name + ".new");
    remote.delete(fresh, true);
    remote.mkdirs(fresh);
    List<java.nio.file.Path> files;
    try (Stream<java.nio.file.Path> list = Files.list(local)) {
      files = list.sorted(Comparator.comparing(HadoopStore::isSums)).toList();
    }
    for (java.nio.file.Path file : files) {
      if (!Files.exists(file)) {
        throw new java.nio.file.NoSuchFileException(file.toString());
      }
      remote.copyFromLocalFile(
          false, true, new Path(file.toUri()), new Path(fresh, file.getFileName().toString()));
    }
    replace(fresh, new Path(folder, name));
  }

  private static boolean isSums(java.nio.file.Path file) {
    return file.endsWith(SUMS);
  }

  private static void delete(java.nio.file.Path folder) throws IOException {
    if (!Files.exists(folder)) {
      return;
    }
    try (Stream<java.nio.file.Path> files = Files.walk(folder)) {
      for (java.nio.file.Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
