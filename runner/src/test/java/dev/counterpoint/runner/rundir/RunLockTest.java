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

class RunLockTest {
  @TempDir private Path temporary;

  @Test
  void aSecondProcessIsRefusedWithTheOneThatHasTheRun() throws Exception {
    Process other = holder();
    try {
      assertThatThrownBy(() -> RunLock.hold(run(), true))
          .isInstanceOf(InvalidSettings.class)
          .hasMessageContaining("is being trained by process " + other.pid() + ".");
    } finally {
      other.destroyForcibly().waitFor();
    }
  }

  @Test
  void theLockGoesWithItsProcess() throws Exception {
    holder().destroyForcibly().waitFor();

    try (RunLock lock = RunLock.hold(run(), true)) {
      assertThat(lock).isNotNull();
    }
  }

  @Test
  void theSameProcessIsRefusedToo() {
    try (RunLock first = RunLock.hold(run(), true)) {
      assertThat(first).isNotNull();
      assertThatThrownBy(() -> RunLock.hold(run(), true)).isInstanceOf(InvalidSettings.class);
      assertThatThrownBy(() -> RunLock.hold(run(), true)).isInstanceOf(InvalidSettings.class);
    }
    RunLock.hold(run(), true).close();
  }

  @Test
  void aRunThatBeganMeanwhileIsNotWrittenOver() throws IOException {
    Files.writeString(temporary.resolve("run.yaml"), "");

    assertThatThrownBy(() -> RunLock.hold(run(), false))
        .hasMessageContaining("Another process has just begun a run in " + temporary);
  }

  @Test
  void aDirectoryThatCannotBeMadeIsRefused() throws IOException {
    Path file = Files.writeString(temporary.resolve("file"), "");

    assertThatThrownBy(() -> RunLock.hold(new RunDirectory(file.resolve("run")), false))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("The run directory " + file.resolve("run") + " cannot be written: ");
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
    BufferedReader said = process.inputReader();
    assertThat(said.readLine()).isEqualTo("held");
    return process;
  }

  /** Another process, which holds a run until it is ended. */
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
