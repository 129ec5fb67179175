package dev.counterpoint.runner.rundir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.counterpoint.core.settings.InvalidSettings;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RunLockTest {
  @TempDir private Path temporary;

  @Test
  void secondProcessIsRejectedWithTheProcessIdOfTheFirst() throws Exception {
    Process other = holder();
    try {
      assertThatThrownBy(() -> RunLock.hold(run(), true))
          .isInstanceOf(InvalidSettings.class)
          .hasMessageContaining(temporary.toString())
          .hasMessageContaining("process " + other.pid() + ".");
    } finally {
      other.destroyForcibly().waitFor();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {".lock", "run.log", "checkpoints"})
  void symbolicLinkInTheRunDirectoryIsRejectedAndNotFollowed(String name) throws IOException {
    Path target = Files.writeString(temporary.resolve("precious"), "text");
    Path run = Files.createDirectory(temporary.resolve("run"));
    Files.createSymbolicLink(run.resolve(name), target);

    assertThatThrownBy(() -> RunLock.hold(new RunDirectory(run), true))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining(run.resolve(name).toString());
    assertThat(target).hasContent("text");
  }

  @Test
  void lockIsReleasedWhenItsProcessEnds() throws Exception {
    holder().destroyForcibly().waitFor();

    try (RunLock lock = RunLock.hold(run(), true)) {
      assertThat(lock).isNotNull();
    }
  }

  @Test
  void theLockOfAnotherProcessIsFoundWithoutTakingIt() throws Exception {
    Process other = holder();
    try {
      assertThat(RunLock.isHeld(run())).isTrue();
    } finally {
      other.destroyForcibly().waitFor();
    }
    assertThat(RunLock.isHeld(run())).isFalse();
  }

  @Test
  void secondLockInTheSameProcessIsRejected() {
    try (RunLock first = RunLock.hold(run(), true)) {
      assertThat(first).isNotNull();
      assertThatThrownBy(() -> RunLock.hold(run(), true)).isInstanceOf(InvalidSettings.class);
      assertThatThrownBy(() -> RunLock.hold(run(), true)).isInstanceOf(InvalidSettings.class);
    }
    RunLock.hold(run(), true).close();
  }

  @Test
  void runStartedByAnotherProcessIsNotOverwritten() throws IOException {
    Files.writeString(temporary.resolve("run.yaml"), "");

    assertThatThrownBy(() -> RunLock.hold(run(), false))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("Another process")
        .hasMessageContaining(temporary.toString());
  }

  @Test
  void directoryThatCannotBeCreatedIsRejected() throws IOException {
    Path file = Files.writeString(temporary.resolve("file"), "");

    assertThatThrownBy(() -> RunLock.hold(new RunDirectory(file.resolve("run")), false))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("run directory " + file.resolve("run") + " ");
  }

  private RunDirectory run() {
    return new RunDirectory(temporary);
  }

  private Process holder() throws IOException {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Holder.class.getName(),
                temporary.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    BufferedReader output = process.inputReader();
    assertThat(output.readLine()).isEqualTo("held");
    return process;
  }

  /** The main class of another process, which locks a run directory until it is killed. */
  static final class Holder {
    private Holder() {}

    public static void main(String[] arguments) throws InterruptedException {
      try (RunLock lock = RunLock.hold(new RunDirectory(Path.of(arguments[0])), true)) {
        System.out.println(lock == null ? "free" : "held");
        Thread.sleep(60_000);
      }
    }
  }
}
