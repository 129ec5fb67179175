package dev.counterpoint.runner.spark;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Small shell scripts where a rank or a tracker would be. */
@DisabledOnOs(OS.WINDOWS)
@Timeout(60)
final class ChildProcessTest {
  @TempDir private Path folder;
  private final List<String> said = new CopyOnWriteArrayList<>();

  @Test
  void allThatItSaidIsReadBeforeItsExitCodeIsKnown() throws Exception {
    try (ChildProcess child = start("echo one; echo counterpoint: two; echo three; exit 7")) {
      assertThat(child.exitCode()).isEqualTo(7);
      assertThat(said).containsExactly("one", "counterpoint: two", "three");
      assertThat(child.lastWords()).isEqualTo("two");
    }
  }

  @Test
  void whoOutlivesItAndHoldsItsOutputIsNotWaitedFor() throws Exception {
    try (ChildProcess child = start("sleep 120 & echo $!; exit 3")) {
      assertThat(child.exitCode()).isEqualTo(3);
    } finally {
      ProcessHandle.of(Long.parseLong(said.get(0))).ifPresent(ProcessHandle::destroyForcibly);
    }
  }

  @Test
  void aTrackerWhoseRanksHaveMetIsGivenTheTimeToHearThemOut() throws Exception {
    BlockingQueue<String> told = new LinkedBlockingQueue<>();
    try (Tracker tracker =
        Tracker.start(
            shell("echo gate a:1; echo begun; sleep 0.5; echo bye"), told::add, said::add)) {
      assertThat(told.take()).isEqualTo("begun");
      tracker.awaitEnd(60_000);

      assertThat(tracker.process().ended(0)).isTrue();
      assertThat(told.take()).isEqualTo("bye");
    }
  }

  @Test
  void aTrackerThatWaitsForRanksIsNotWaitedFor() throws Exception {
    try (Tracker tracker =
        Tracker.start(shell("echo gate a:1; exec sleep 120"), said::add, said::add)) {
      assertThat(tracker.gate()).isEqualTo("a:1");
      tracker.awaitEnd(Long.MAX_VALUE);
    }
  }

  private ChildProcess start(String script) throws IOException {
    return ChildProcess.start(shell(script), said::add, said::add);
  }

  private ProcessBuilder shell(String script) {
    return new ProcessBuilder("/bin/sh", "-c", script).directory(folder.toFile());
  }
}
