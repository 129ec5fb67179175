package dev.counterpoint.runner.machine;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** The Git commit of a file or folder in a working tree. */
public final class GitCommit {
  private static final String HEAD = "# branch.oid ";

  private GitCommit() {}

  /**
   * The commit that is checked out, followed by {@code " with uncommitted changes"} if the file or
   * folder has changed since, or is not tracked; empty outside of a working tree, or without Git.
   */
  public static Optional<String> of(Path path) {
    List<String> status = status(path.toAbsolutePath());
    boolean changed = status.stream().anyMatch(line -> !line.startsWith("#"));
    return status.stream()
        .filter(line -> line.startsWith(HEAD))
        .map(line -> line.substring(HEAD.length()) + (changed ? " with uncommitted changes" : ""))
        .findFirst();
  }

  private static List<String> status(Path path) {
    // A working tree may configure a program that status would run.
    List<String> command =
        List.of(
            "git",
            "-c",
            "core.fsmonitor=false",
            "status",
            "--porcelain=v2",
            "--branch",
            "--",
            path.toString());
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().put("GIT_OPTIONAL_LOCKS", "0");
    builder.directory((Files.isDirectory(path) ? path : path.resolveSibling("")).toFile());
    try {
      Process git = builder.redirectError(ProcessBuilder.Redirect.DISCARD).start();
      git.getOutputStream().close();
      byte[] output = git.getInputStream().readAllBytes();
      return new String(output, StandardCharsets.UTF_8).lines().toList();
    } catch (IOException e) {
      return List.of(); // Git is not installed, or the folder does not exist.
    }
  }
}
