package dev.counterpoint.runner.machine;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class GitCommitTest {
  @TempDir private Path folder;

  @BeforeEach
  void commit() throws Exception {
    Files.writeString(folder.resolve("Own.java"), "class Own {}");
    git("init", "-q");
    git("add", ".");
    git("-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "-m", "first");
  }

  @Test
  void aCommittedFileHasTheCommit() {
    assertThat(GitCommit.of(folder.resolve("Own.java")).orElseThrow()).matches("[0-9a-f]{40}");
  }

  @Test
  void changedAndUntrackedFilesAreMarked() throws IOException {
    Files.writeString(folder.resolve("Own.java"), "class Own { }");
    Files.writeString(folder.resolve("New.java"), "class New {}");

    for (Path path : List.of(folder.resolve("Own.java"), folder.resolve("New.java"), folder)) {
      assertThat(GitCommit.of(path).orElseThrow()).matches("[0-9a-f]{40} with uncommitted changes");
    }
  }

  @Test
  void aFileThatIsStagedButNotCommittedIsMarked() throws Exception {
    Files.writeString(folder.resolve("New.java"), "class New {}");
    git("add", ".");

    assertThat(GitCommit.of(folder).orElseThrow()).endsWith(" with uncommitted changes");
  }

  @Test
  void changesOfOtherFilesDoNotCount() throws IOException {
    Files.writeString(folder.resolve("New.java"), "class New {}");

    assertThat(GitCommit.of(folder.resolve("Own.java")).orElseThrow()).matches("[0-9a-f]{40}");
  }

  @Test
  void otherBytesWithTheTimeAndSizeOfTheCommittedFileAreMarked() throws IOException {
    Path file = folder.resolve("Own.java");
    FileTime time = Files.getLastModifiedTime(file);
    Files.writeString(file, "class Abc {}");
    Files.setLastModifiedTime(file, time);

    assertThat(GitCommit.of(file).orElseThrow()).endsWith(" with uncommitted changes");
  }

  @Test
  void anUntrackedFileBesideTheNamedOnesDoesNotCount() throws IOException {
    Files.writeString(folder.resolve("New.java"), "class New {}");

    assertThat(GitCommit.of(folder, List.of("Own.java", "missing")).orElseThrow())
        .matches("[0-9a-f]{40}");
  }

  @Test
  void aProgramThatTheWorkingTreeConfiguresIsNotRun() throws Exception {
    Path ran = folder.resolve("ran");
    Path program = Files.writeString(folder.resolve("monitor.sh"), "#!/bin/sh\ntouch " + ran);
    assertThat(program.toFile().setExecutable(true)).isTrue();
    git("config", "core.fsmonitor", program.toString());
    git("config", "filter.run.clean", program.toString());
    git("config", "filter.run.process", program.toString());
    Files.writeString(folder.resolve(".gitattributes"), "* filter=run\n");
    Files.writeString(folder.resolve("Own.java"), "class New {}");

    assertThat(GitCommit.of(folder)).isPresent();
    assertThat(ran).doesNotExist();
  }

  @Test
  void thereIsNoneOutsideOfAWorkingTree(@TempDir Path other) {
    assertThat(GitCommit.of(other)).isEmpty();
    assertThat(GitCommit.of(other.resolve("missing/Own.java"))).isEmpty();
  }

  private void git(String... arguments) throws Exception {
    List<String> command = new ArrayList<>(List.of("git"));
    command.addAll(List.of(arguments));
    assertThat(new ProcessBuilder(command).directory(folder.toFile()).start().waitFor()).isZero();
  }
}
