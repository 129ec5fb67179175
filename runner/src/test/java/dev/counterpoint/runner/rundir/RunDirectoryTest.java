package dev.counterpoint.runner.rundir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.counterpoint.core.settings.InvalidSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class RunDirectoryTest {
  @TempDir private Path folder;

  @Test
  void forNewAcceptsFilesCreatedBeforeTheRunStarts() throws IOException {
    RunDirectory run = new RunDirectory(folder);
    Files.createFile(run.lock());
    Files.createDirectory(run.logs());
    Files.createFile(run.mark()); // Rank 0 may have been first, on another machine.

    assertThat(RunDirectory.forNew(folder, "run")).isEqualTo(run);
  }

  @Test
  void forNewRejectsADirectoryWithOtherFiles() throws IOException {
    Files.createFile(folder.resolve("letter.txt"));

    assertThatThrownBy(() -> RunDirectory.forNew(folder, "run"))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("--output " + folder + " is not empty");
  }

  @Test
  void discardDeletesARunThatDidNotStart() throws IOException {
    RunDirectory run = RunDirectory.forNew(folder.resolve("run"), "run");
    Files.createDirectories(run.path());
    Files.createFile(run.mark());

    run.discardUnlessStarted();

    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void discardKeepsAPreexistingDirectory() throws IOException {
    Path existing = Files.createDirectory(folder.resolve("run"));
    RunDirectory run = RunDirectory.forNew(existing, "run");
    Files.createFile(run.mark());

    run.discardUnlessStarted();

    assertThat(existing).isEmptyDirectory();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "provenance.json",
        "checkpoints",
        "summary.json",
        "metrics.jsonl",
        "history.jsonl",
        "snapshots",
        ".lock",
        ".ranks",
        ".crash-marker",
        "code/0",
        "model/config.json"
      })
  void folderWithAFileOfARunIsNoExperiment(String name) throws IOException {
    Files.createFile(folder.resolve("run.yaml"));
    assertThat(RunDirectory.isExperiment(folder)).isTrue();
    Path file = folder.resolve(name);
    Files.createDirectories(file.resolveSibling(""));
    Files.createSymbolicLink(file, Path.of("missing"));

    assertThat(RunDirectory.isExperiment(folder)).isFalse();
  }
}
