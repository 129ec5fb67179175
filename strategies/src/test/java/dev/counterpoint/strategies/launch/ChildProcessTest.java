package dev.counterpoint.strategies.launch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.counterpoint.strategies.internal.network.Secret;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Shell scripts as single processes, and as one rank of several with a tracker. */
@DisabledOnOs(OS.WINDOWS)
@Timeout(60)
final class ChildProcessTest {
  @TempDir private Path folder;

  @Test
  void theLogIsCompleteBeforeTheExitCodeIsReported() throws Exception {
    ChildProcess child = start("echo one; echo counterpoint: two; echo three; exit 7");

    assertThat(exitCode(child)).isEqualTo(7);
    assertThat(child.lastLines()).containsExactly("one", "counterpoint: two", "three");
    assertThat(child.summary()).isEqualTo("two");
    assertThat(child.errors()).containsExactly("two");
  }

  @Test
  void theLogHasAlsoALastLineWithoutALineBreak() throws Exception {
    StringWriter shown = new StringWriter();
    PrintWriter terminal = new PrintWriter(shown);
    String status = "\\rstep 3\\033[J\\r";
    ChildProcess child =
        ChildProcess.start(
            command("printf 'one\\n" + status + "\\r\\033[Jlast words'; kill -9 $$"),
            new Attempt.Output(terminal, terminal));

    assertThat(exitCode(child)).isEqualTo(137);
    assertThat(child.lastLines()).containsExactly("one", "last words");
    assertThat(shown.toString()).contains("last words");
  }

  @Test
  void aStatusLineOfAKilledProcessIsNotLogged() throws Exception {
    PrintWriter nowhere = new PrintWriter(new StringWriter());
    ChildProcess child =
        ChildProcess.start(
            command("printf 'one\\n\\rstep 3\\033[J\\r'; kill -9 $$"),
            new Attempt.Output(nowhere, nowhere));

    assertThat(exitCode(child)).isEqualTo(137);
    assertThat(child.lastLines()).containsExactly("one");
  }

  @Test
  @EnabledOnOs(OS.LINUX) // a log that cannot be written: /dev/full
  void aFullDiskOfTheLogEndsNeitherTheProcessNorItsOutput() throws Exception {
    StringWriter shown = new StringWriter();
    PrintWriter terminal = new PrintWriter(shown);
    String script = "sleep 0.2; seq 100000; sleep 0.2; echo last words; exit 3";
    Path full = Path.of("/dev/full");

    ChildProcess relayed =
        ChildProcess.start(
            new ChildProcess.Start("child", shell(script), full, 1),
            new Attempt.Output(terminal, terminal));
    assertThat(exitCode(relayed)).isEqualTo(3);
    assertThat(shown.toString()).contains("100000\n").endsWith("last words\n");

    ChildProcess silent =
        ChildProcess.start(new ChildProcess.Start("child", shell(script), full, 1));
    assertThat(exitCode(silent)).isEqualTo(3);
  }

  @Test
  void aGrandchildThatHoldsTheOutputOpenIsNotWaitedFor() throws Exception {
    ChildProcess child = start("sleep 120 & echo $!; exit 3");
    try {
      assertThat(exitCode(child)).isEqualTo(3);
    } finally {
      long grandchild = Long.parseLong(child.lastLines().get(0));
      ProcessHandle.of(grandchild).ifPresent(ProcessHandle::destroyForcibly);
    }
  }

  @Test
  void ranksOnOtherMachinesAreWaitedFor() throws Exception {
    List<TrackerEvent.Kind> events = new ArrayList<>();

    assertThat(attempt("begun, 1000, done", events).code()).isZero();
    assertThat(events).containsExactly(TrackerEvent.Kind.BEGUN, TrackerEvent.Kind.DONE);
  }

  @Test
  void ranksThatHaveNotJoinedAreNotWaitedFor() throws Exception {
    List<TrackerEvent.Kind> events = new ArrayList<>();

    assertThat(attempt("", events).code()).isZero();
    assertThat(events).isEmpty();
  }

  /** Rank 0 of two, which is done at once; rank 1 is elsewhere. */
  private AttemptResult attempt(String tracker, List<TrackerEvent.Kind> events) throws Exception {
    Programs scripts =
        new Programs() {
          @Override
          public ProcessBuilder rank(int rank) {
            return shell("exit 0");
          }

          @Override
          public Tracker tracker(
              Job.TrackerPlan plan, int worldSize, Consumer<TrackerEvent> listener) {
            return ScriptedTracker.start(tracker, listener);
          }
        };
    AttemptListener listener =
        new AttemptListener() {
          @Override
          public void onTrackerEvent(TrackerEvent event) {
            events.add(event.kind());
          }
        };
    Job job =
        new Job(
            new Job.LocalRanks(2, List.of(0), 0),
            new Job.TrackerPlan(Address.LOOPBACK, true, Secret.random(), Duration.ofSeconds(30)),
            Files.createDirectories(folder.resolve("logs")));
    PrintWriter nowhere = new PrintWriter(new StringWriter());
    try (Attempt attempt =
        new Attempt(job, scripts, 1, new Attempt.Output(nowhere, nowhere), listener)) {
      return attempt.run();
    }
  }

  private ChildProcess start(String script) throws IOException {
    return ChildProcess.start(command(script));
  }

  private ChildProcess.Start command(String script) {
    return new ChildProcess.Start("child", shell(script), folder.resolve("child.log"), 1);
  }

  private static int exitCode(ChildProcess child) throws Exception {
    CompletableFuture<Integer> code = new CompletableFuture<>();
    child.onEnd((it, ended) -> code.complete(ended));
    return code.get(30, TimeUnit.SECONDS);
  }

  private ProcessBuilder shell(String script) {
    return new ProcessBuilder("/bin/sh", "-c", script).directory(folder.toFile());
  }
}
