package dev.counterpoint.runner.machine;

import dev.counterpoint.core.internal.storage.Sha256;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * The Git commit of a file or folder in a working tree. The working tree may be that of another
 * person, and its configuration names programs: filters, hooks, remotes. Commands that could run
 * them, such as {@code git status}, are not used.
 */
public final class GitCommit {
  /** The size above which files are data, which a run hashes itself. */
  private static final long MAX_BYTES = 16 << 20;

  private static final long LIMIT_SECONDS = 20;

  private static final String CHANGED = " with uncommitted changes";

  private GitCommit() {}

  /**
   * The commit that is checked out, followed by {@code " with uncommitted changes"} if the file or
   * a file in the folder has other bytes, or is neither tracked nor ignored; empty outside of a
   * working tree, or without Git. A file that Git converts, such as its line ends, has other bytes.
   */
  public static Optional<String> of(Path path) {
    return Files.isDirectory(path)
        ? of(path, List.of("."))
        : of(path.toAbsolutePath().resolveSibling(""), List.of(path.getFileName().toString()));
  }

  /**
   * The commit as of {@link #of(Path)}, for some files and folders in a folder.
   *
   * @param names the names in the folder; they need not exist
   */
  static Optional<String> of(Path folder, List<String> names) {
    String commit;
    try {
      commit = git(folder, List.of("rev-parse", "--verify", "HEAD"), List.of()).get(0);
    } catch (IOException e) {
      return Optional.empty(); // Git is not installed, or the folder is not in a working tree.
    }
    try {
      return Optional.of(commit + (isChanged(folder, names) ? CHANGED : ""));
    } catch (IOException e) {
      return Optional.of(commit + CHANGED); // not known
    }
  }

  private static boolean isChanged(Path folder, List<String> names) throws IOException {
    if (!git(folder, List.of("diff-index", "--cached", "--name-only", "HEAD"), names).isEmpty()
        || !git(folder, List.of("ls-files", "--others", "--exclude-standard"), names).isEmpty()) {
      return true;
    }
    FileTime written = lastWritten(folder);
    List<String> staged = git(folder, List.of("ls-files", "--stage", "--debug"), names);
    for (int i = 0; i < staged.size(); ) {
      String[] file = staged.get(i++).split("[ \t]", 4); // mode, hash, stage, name
      StringBuilder facts = new StringBuilder();
      while (i < staged.size() && staged.get(i).startsWith("  ")) { // times, size and others
        facts.append(staged.get(i++));
      }
      Path path = folder.resolve(file[3]);
      if (!isAsStaged(path, facts.toString(), written) && hasOtherBytes(path, file[1])) {
        return true;
      }
    }
    return false;
  }

  /** When the index was written. */
  private static FileTime lastWritten(Path folder) throws IOException {
    String index = git(folder, List.of("rev-parse", "--git-path", "index"), List.of()).get(0);
    return Files.getLastModifiedTime(folder.resolve(index));
  }

  /**
   * Whether times and size of a file are those of the index, as {@code git status} compares them. A
   * change just before the index was written may have the same times.
   */
  private static boolean isAsStaged(Path file, String facts, FileTime written) {
    try {
      FileTime changed = (FileTime) Files.getAttribute(file, "unix:ctime");
      String modified = nanoseconds(Files.getLastModifiedTime(file));
      String times = "  ctime: " + nanoseconds(changed) + "  mtime: " + modified + "  dev: ";
      return facts.startsWith(times)
          && facts.contains("  size: " + Files.size(file) + "\t")
          && changed.compareTo(written) < 0;
    } catch (IOException | UnsupportedOperationException e) {
      return false;
    }
  }

  private static String nanoseconds(FileTime time) {
    Instant instant = time.toInstant();
    return instant.getEpochSecond() + ":" + instant.getNano();
  }

  /** Whether a file is missing, or its hash differs; false for links and large files. */
  private static boolean hasOtherBytes(Path file, String hash) {
    try {
      if (Files.isDirectory(file) || Files.isSymbolicLink(file) || Files.size(file) > MAX_BYTES) {
        return false;
      }
      byte[] content = Files.readAllBytes(file);
      MessageDigest digest = MessageDigest.getInstance("SHA-1");
      digest.update(("blob " + content.length + "\0").getBytes(StandardCharsets.US_ASCII));
      digest.update(content);
      return !Sha256.hex(digest).equals(hash);
    } catch (IOException | GeneralSecurityException e) {
      return true;
    }
  }

  /** Runs git, and returns the lines of its output. */
  private static List<String> git(Path folder, List<String> arguments, List<String> names)
      throws IOException {
    List<String> command = new ArrayList<>(List.of("git", "-c", "core.fsmonitor=false"));
    command.addAll(List.of("-c", "core.quotePath=false"));
    command.addAll(arguments);
    if (!names.isEmpty()) {
      command.add("--");
      command.addAll(names);
    }
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().put("GIT_OPTIONAL_LOCKS", "0");
    builder.environment().put("GIT_ALLOW_PROTOCOL", "none"); // A clone may lack objects.
    Process git =
        builder.directory(folder.toFile()).redirectError(ProcessBuilder.Redirect.DISCARD).start();
    git.getOutputStream().close();
    CompletableFuture.delayedExecutor(LIMIT_SECONDS, TimeUnit.SECONDS)
        .execute(git::destroyForcibly); // A configuration may include a pipe.
    byte[] output = git.getInputStream().readAllBytes();
    if (git.onExit().join().exitValue() != 0) {
      throw new IOException(arguments + " has failed");
    }
    return new String(output, StandardCharsets.UTF_8).lines().toList();
  }
}
