package dev.counterpoint.runner.machine;

import dev.counterpoint.core.internal.storage.Sha256;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * The Git commit of a file or folder in a working tree. The working tree may be that of another
 * person, and its configuration names programs: filters, hooks, remotes. Commands that could run
 * them, such as {@code git status}, are not used.
 */
public final class GitCommit {
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
    return !git(folder, "ls-files", "--others", "--exclude-standard", "--", name).isEmpty()
        || git(folder, "ls-tree", "-r", "HEAD", "--", name).stream()
            .map(line -> line.split("[ \t]", 4)) // mode, type, hash, name
            .filter(it -> it[0].startsWith("100")) // a file, not a link or submodule
            .anyMatch(it -> !it[2].equals(hash(folder.resolve(it[3]))));
  }

  /** The hash of a file's bytes in the repository; empty if the file cannot be read. */
  private static String hash(Path file) {
    try {
      if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
        return "";
      }
      byte[] content = Files.readAllBytes(file);
      MessageDigest digest = MessageDigest.getInstance("SHA-1");
      digest.update(("blob " + content.length + "\0").getBytes(StandardCharsets.US_ASCII));
      digest.update(content);
      return Sha256.hex(digest);
    } catch (IOException | GeneralSecurityException e) {
      return "";
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
      byte[] output = git.getInputStream().readAllBytes();
      return new String(output, StandardCharsets.UTF_8).lines().toList();
    } catch (IOException e) {
      return List.of(); // Git is not installed, or the folder does not exist.
    }
  }
}
