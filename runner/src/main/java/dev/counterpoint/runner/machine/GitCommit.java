package dev.counterpoint.runner.machine;

import dev.counterpoint.core.internal.storage.Sha256;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * The Git commit of a file or folder in a working tree. The working tree may be that of another
 * person, and its configuration names programs: filters, hooks, remotes. Commands that could run
 * them, such as {@code git status}, are not used.
 */
public final class GitCommit {
  /** Larger files are data, which a run hashes itself. */
  private static final long MAX_BYTES = 16 << 20;

  private static final long LIMIT_SECONDS = 20;

  private GitCommit() {}

  /**
   * The commit that is checked out, followed by {@code " with uncommitted changes"} if the file or
   * a file in the folder has other bytes, or is neither tracked nor ignored; empty outside of a
   * working tree, or without Git. A file that Git converts, such as its line ends, has other bytes.
   */
  public static Optional<String> of(Path path) {
    boolean isFolder = Files.isDirectory(path);
    Path folder = isFolder ? path : path.toAbsolutePath().resolveSibling("");
    String name = isFolder ? "." : path.getFileName().toString();
    return git(folder, "rev-parse", "--verify", "HEAD").stream()
        .findFirst()
        .map(commit -> commit + (isChanged(folder, name) ? " with uncommitted changes" : ""));
  }

  private static boolean isChanged(Path folder, String name) {
    Map<String, String> committed = new TreeMap<>(); // hashes by names
    git(folder, "ls-tree", "-r", "HEAD", "--", name).stream()
        .map(line -> line.split("[ \t]", 4)) // mode, type, hash, name
        .forEach(it -> committed.put(it[3], it[2]));
    Map<String, String> staged = new TreeMap<>();
    git(folder, "ls-files", "--stage", "--", name).stream()
        .map(line -> line.split("[ \t]", 4)) // mode, hash, stage, name
        .forEach(it -> staged.put(it[3], it[1]));
    return !staged.equals(committed)
        || !git(folder, "ls-files", "--others", "--exclude-standard", "--", name).isEmpty()
        || committed.entrySet().stream()
            .anyMatch(it -> hasOtherBytes(folder.resolve(it.getKey()), it.getValue()));
  }

  /** Whether a file is missing, or its bytes have another hash; links and large files have not. */
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

  /** The items of the output; none if the command fails. */
  private static List<String> git(Path folder, String... arguments) {
    List<String> command = new ArrayList<>(List.of("git", "-c", "core.fsmonitor=false"));
    command.addAll(List.of("-c", "core.quotePath=false"));
    command.addAll(Arrays.asList(arguments));
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().put("GIT_OPTIONAL_LOCKS", "0");
    builder.environment().put("GIT_ALLOW_PROTOCOL", "none"); // A clone may lack objects.
    try {
      Process git =
          builder.directory(folder.toFile()).redirectError(ProcessBuilder.Redirect.DISCARD).start();
      git.getOutputStream().close();
      CompletableFuture.delayedExecutor(LIMIT_SECONDS, TimeUnit.SECONDS)
          .execute(git::destroyForcibly); // A configuration may include a pipe.
      byte[] output = git.getInputStream().readAllBytes();
      return new String(output, StandardCharsets.UTF_8).lines().toList();
    } catch (IOException e) {
      return List.of(); // Git is not installed, or the folder does not exist.
    }
  }
}
