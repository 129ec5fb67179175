package dev.counterpoint.strategies.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.counterpoint.strategies.internal.network.Secret;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Shell scripts as ranks. */
@DisabledOnOs(OS.WINDOWS)
@Timeout(120)
final class LauncherTest {
  /** A tracker without events. */
  private static final String TRACKER = "";

  @TempDir private Path folder;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private Path run;
  private int attempts;

  @BeforeEach
  void createRunDirectory() throws IOException {
    run = folder.resolve("run");
    Files.createDirectories(run.resolve("checkpoints"));
  }

  @Test
  void ranksThatAreDoneEndTheJob() throws IOException {
    assertThat(launcher(3, 2, TRACKER, "exit 0").run()).isZero();
  }

  @Test
  void eachRankReceivesItsEnvironment() throws IOException {
    launcher(
            0,
            2,
            TRACKER,
            "echo $COUNTERPOINT_RANK of $COUNTERPOINT_WORLD, $COUNTERPOINT_LOCAL_RANK at"
                + " $COUNTERPOINT_TRACKER, $COUNTERPOINT_SECRET, $OMP_NUM_THREADS")
        .run();

    assertThat(out.toString()).isEqualTo("0 of 2, 0 at 127.0.0.1:4711, sesame, 1\n");
    assertThat(log("rank-0001")).endsWith("1 of 2, 1 at 127.0.0.1:4711, sesame, 1\n");
  }

  @Test
  void rankZeroIsShownAndTheOthersAreOnlyLogged() throws IOException {
    launcher(0, 2, TRACKER, "echo result; echo remark >&2").run();

    assertThat(out.toString()).isEqualTo("result\n");
    assertThat(err.toString()).isEqualTo("remark\n");
    assertThat(log("rank-0000")).contains("result\n", "remark\n");
    assertThat(log("rank-0001")).contains("result\n", "remark\n");
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void noLogStaysOpenWhenTheJobHasEnded() throws IOException {
    launcher(0, 2, TRACKER, "exit 0").run();

    Path logs = run.resolve("logs").toRealPath();
    assertThat(openFiles()).noneMatch(file -> file.startsWith(logs));
  }

  /** The open files of this process. */
  private static List<Path> openFiles() throws IOException {
    List<Path> open = new ArrayList<>();
    try (Stream<Path> links = Files.list(Path.of("/proc/self/fd"))) {
      for (Path link : links.toList()) {
        try {
          open.add(Files.readSymbolicLink(link));
        } catch (NoSuchFileException e) {
          // The descriptor of the listing itself.
        }
      }
    }
    return open;
  }

  @Test
  void ranksThatAreStoppedBeforeTheyJoinEndTheJob() throws IOException {
    assertThat(launcher(3, 2, TRACKER, "exit 130").run()).isEqualTo(130);
  }

  @Test
  void theStatusLineIsShownAndNotLogged() throws IOException {
    launcher(
            0,
            1,
            TRACKER,
            "printf '\\r 5%% [=> ]\\033[J\\r\\r\\033[Jepoch 1\\n\\r 9%% [=> ]\\033[J\\r' >&2")
        .run();

    assertThat(err.toString()).contains(" 5% [=> ]").endsWith("\r\u001b[J");
    assertThat(log("rank-0000")).contains("\nepoch 1\n").doesNotContain("%");
  }

  @Test
  void aKilledRankRestartsAll() throws IOException {
    String dies =
        "[ -e again ] && exit 0; [ $COUNTERPOINT_RANK = 1 ] && touch again && kill -9 $$;";

    assertThat(launcher(1, 2, TRACKER, dies + "cat; exit 75").run()).isZero();
    assertThat(err.toString())
        .containsPattern("Rank 1 \\(process \\d+\\) was killed by SIGKILL")
        .contains("from the beginning (restart 1 of at most 1");
    assertThat(log("rank-0000")).contains("--- rank 0, start 1,", "--- rank 0, start 2,");
  }

  @Test
  void theCauseIsTheKilledRankAndNotTheRankThatLostIt() throws IOException {
    String dies =
        "[ -e again ] && exit 0; if [ $COUNTERPOINT_RANK = 1 ]; then sleep 0.3; touch again; kill -9"
            + " $$; fi; echo lost you; exit 75";

    launcher(1, 2, TRACKER, dies).run();

    assertThat(err.toString()).contains("Rank 1 (process").doesNotContain("Rank 0 (process");
  }

  @Test
  void repeatedFailuresEndTheJobWithTheLastOutput() {
    assertThatThrownBy(() -> launcher(2, 2, TRACKER, "echo the ring is broken; exit 75").run())
        .satisfies(failure -> assertThat(exitCode(failure)).isEqualTo(1))
        .hasMessageContaining("the ring is broken")
        .hasMessageContaining("after 2 restarts");
    assertThat(err.toString()).contains("restart 1 of at most 2", "restart 2 of at most 2");
  }

  @Test
  void aNewCheckpointResetsTheCountOfRestarts() throws IOException {
    String saves =
        "n=$(ls run/checkpoints | wc -l); [ $n -lt 3 ] || exit 0; mkdir run/checkpoints/step-0000000$n;"
            + " exit 75";

    Launcher launcher = launcher(1, 1, TRACKER, saves);

    assertThat(launcher.run()).isZero();
    assertThat(err.toString())
        .contains("from the newest intact checkpoint (restart 1 of at most 1")
        .doesNotContain("restart 2");
  }

  @Test
  void aNewCheckpointCountsEvenBeforeADamagedOne() throws IOException {
    Files.createDirectories(run.resolve("checkpoints").resolve("step-00000400"));
    String saves =
        "n=$(ls -d again* | wc -l); touch again$n; [ $n -lt 2 ] || exit 0;"
            + " [ $n = 0 ] || mkdir run/checkpoints/step-00000300; exit 75";

    assertThat(launcher(1, 1, TRACKER, saves).run()).isZero();
    assertThat(err.toString()).doesNotContain("restart 2");
  }

  @Test
  void anInvalidRequestOfARankIsNotRetried() {
    String wrong =
        "if [ $COUNTERPOINT_RANK = 1 ]; then echo counterpoint: no such file; exit 2; fi; cat; exit 75";

    assertThatThrownBy(() -> launcher(3, 2, TRACKER, wrong).run())
        .satisfies(failure -> assertThat(exitCode(failure)).isEqualTo(2))
        .hasMessageContaining("exit code 2:\nno such file");
  }

  @Test
  void aFailureOfRankZeroIsNotShownTwice() throws IOException {
    String fails =
        "[ $COUNTERPOINT_RANK = 0 ] && echo counterpoint: NaN >&2 && exit 1; cat; exit 75";

    assertThat(launcher(3, 2, TRACKER, fails).run()).isEqualTo(1);
    assertThat(err.toString()).isEqualTo("counterpoint: NaN\n");
  }

  @Test
  void anInvalidRequestIsMoreInformativeThanItsConsequences() {
    String first =
        "[ $COUNTERPOINT_RANK = 1 ] || exit 1; sleep 0.5; echo counterpoint: no such file; exit 2";

    assertThatThrownBy(() -> launcher(3, 2, TRACKER, first).run())
        .satisfies(failure -> assertThat(exitCode(failure)).isEqualTo(2))
        .hasMessageContaining("exit code 2:\nno such file");
  }

  @Test
  void aTrackerThatCannotListenIsAnInvalidRequest() {
    assertThatThrownBy(() -> launcher(3, 2, "refused", "exit 0").run())
        .satisfies(failure -> assertThat(exitCode(failure)).isEqualTo(2))
        .hasMessageContaining("port in use");
  }

  @Test
  void aRemoteRankThatIsLostRestartsTheLocalRanks() throws IOException {
    String once = "[ -e again ] && exit 0; touch again; cat; exit 75";

    assertThat(launcher(1, 1, "300, lost 1", once).run()).isZero();
    assertThat(err.toString()).contains("Rank 1 ended too early", "restart 1 of at most 1");
  }

  @Test
  void theCauseIsTheRankThatFailedAndNotTheRankThatWasNotified() {
    String tracker = "300, failed 1";
    String fails =
        "if [ $COUNTERPOINT_RANK = 1 ]; then sleep 2.5; echo counterpoint: no such word; exit 1; fi;"
            + " echo counterpoint: Rank 1 has failed >&2; exit 1";

    assertThatThrownBy(() -> launcher(3, 2, tracker, fails).run())
        .satisfies(failure -> assertThat(exitCode(failure)).isEqualTo(1))
        .hasMessageContaining("Rank 1 (process")
        .hasMessageContaining("counterpoint: no such word")
        .hasMessageContaining("rank-0001.log");
  }

  @Test
  void ifAllFailTheMessageIsThatOfRankZero() throws IOException {
    String tracker = "failed 1, failed 0";

    assertThat(launcher(3, 2, tracker, "echo counterpoint: NaN >&2; exit 1").run()).isEqualTo(1);
    assertThat(err.toString()).isEqualTo("counterpoint: NaN\n");
  }

  @Test
  void ifAllFailAndOneRejectsTheRequestItsExitCodeIsThatOfTheJob() {
    String fails =
        "if [ $COUNTERPOINT_RANK = 1 ]; then echo counterpoint: no such word >&2; exit 2; fi;"
            + " echo counterpoint: Rank 1 has failed >&2; exit 1";

    assertThatThrownBy(() -> launcher(3, 2, "failed 1, failed 0", fails).run())
        .satisfies(failure -> assertThat(exitCode(failure)).isEqualTo(2))
        .hasMessageContaining("no such word");
  }

  @Test
  void aRankThatDoesNotEndAfterItsWorkIsNamed() {
    assertThatThrownBy(
            () -> launcher(0, 2, "begun, done", "[ $COUNTERPOINT_RANK = 0 ] || cat").run())
        .satisfies(failure -> assertThat(exitCode(failure)).isEqualTo(1))
        .hasMessageContaining("Rank 1 (process")
        .hasMessageContaining("does not respond");
  }

  @Test
  void aRankThatIsStartedDuringAKillIsKilledToo() {
    Launcher[] launcher = new Launcher[1];
    launcher[0] =
        launcher(
            0,
            2,
            TRACKER,
            rank -> {
              if (rank == 1) {
                CompletableFuture.runAsync(launcher[0]::kill).join();
              }
              return rank == 1 ? "cat" : "exit 0";
            },
            Duration.ofHours(1));

    assertThatThrownBy(launcher[0]::run).hasMessageContaining("was killed by SIGKILL");
  }

  @Test
  void logNamesHaveTheSameDigitsInAllLocales() throws IOException {
    Locale before = Locale.getDefault();
    Locale.setDefault(Locale.forLanguageTag("ar-EG-u-nu-arab"));
    try {
      launcher(0, 1, TRACKER, "echo here").run();
    } finally {
      Locale.setDefault(before);
    }

    assertThat(log("rank-0000")).contains("here");
  }

  @Test
  void aSilentRankIsNamedWithItsProcess() {
    String loses = "300, silent 1";

    assertThatThrownBy(() -> launcher(0, 2, loses, "cat; exit 75").run())
        .hasMessageContaining("Rank 1 (process")
        .hasMessageContaining("does not respond")
        .hasMessageContaining("strategy.maxRestarts is 0");
  }

  @Test
  void aMissingLocalRankIsStartedAgain() throws IOException {
    String misses = "missing 1";

    assertThat(launcher(1, 2, misses, "exit 0").run()).isZero();
  }

  @Test
  void aStopIsForwardedAndEndsTheJobWithItsCode() throws IOException {
    String stops = "echo ready; read word; echo $word; exit 143";
    Launcher launcher = launcher(3, 2, TRACKER, stops);
    CompletableFuture<Void> stopping =
        CompletableFuture.runAsync(
            () -> {
              await(() -> out.toString().contains("ready"));
              launcher.stop("TERM");
            });

    assertThat(launcher.run()).isEqualTo(143);
    stopping.join();
    assertThat(log("rank-0001")).contains("stop TERM");
  }

  @Test
  void nothingIsRestartedAfterAStop() {
    Launcher launcher = launcher(3, 2, TRACKER, "echo ready; read word; kill -9 $$");
    CompletableFuture.runAsync(
        () -> {
          await(() -> out.toString().contains("ready"));
          launcher.stop("INT");
        });

    assertThatThrownBy(launcher::run)
        .satisfies(failure -> assertThat(exitCode(failure)).isEqualTo(1))
        .hasMessageContainingAll("stopped", "checkpoint");
  }

  private static void await(java.util.function.BooleanSupplier condition) {
    while (!condition.getAsBoolean()) {
      pause();
    }
  }

  private Launcher launcher(int maxRestarts, int world, String tracker, String rank) {
    return launcher(maxRestarts, world, tracker, which -> rank, Duration.ofSeconds(2));
  }

  private Launcher launcher(
      int maxRestarts,
      int world,
      String tracker,
      IntFunction<String> rank,
      Duration deadlineOfJob) {
    Job job =
        new Job(
            new Job.LocalRanks(world, IntStream.range(0, world).boxed().toList(), 0),
            new Job.TrackerPlan(Address.LOOPBACK, true, Secret.of("sesame"), deadlineOfJob),
            run.resolve("logs"));
    Programs scripts =
        new Programs() {
          @Override
          public ProcessBuilder rank(int rankNumber) {
            ProcessBuilder builder = script(rank.apply(rankNumber));
            builder.environment().put("OMP_NUM_THREADS", "1");
            return builder;
          }

          @Override
          public Tracker tracker(
              Job.TrackerPlan plan, int worldSize, Consumer<TrackerEvent> events) {
            if (tracker.equals("refused")) {
              throw LaunchException.invalid("port in use");
            }
            return ScriptedTracker.start(attempts++ == 0 ? tracker : "", events);
          }
        };
    PrintWriter results = new PrintWriter(out, true);
    PrintWriter remarks = new PrintWriter(err, true);
    return new Launcher(
        job, scripts, progress(remarks), maxRestarts, new Attempt.Output(results, remarks));
  }

  /** Checkpoints are folders; nothing else of a run directory exists here. */
  private Launcher.RunProgress progress(PrintWriter remarks) {
    return new Launcher.RunProgress() {
      @Override
      public Set<Long> checkpoints() throws IOException {
        try (Stream<Path> steps = Files.list(run.resolve("checkpoints"))) {
          return steps
              .map(step -> Long.valueOf(step.getFileName().toString().substring("step-".length())))
              .collect(Collectors.toSet());
        }
      }

      @Override
      public OptionalLong interruptedStep() {
        return OptionalLong.empty();
      }

      @Override
      public String resumeHint() {
        return "";
      }

      @Override
      public void report(String line) {
        remarks.println(line);
      }
    };
  }

  private static int exitCode(Throwable failure) {
    return ((LaunchException) failure).exitCode();
  }

  private static void pause() {
    try {
      TimeUnit.MILLISECONDS.sleep(10);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private ProcessBuilder script(String text) {
    return new ProcessBuilder("/bin/sh", "-c", text).directory(folder.toFile());
  }

  private String log(String name) throws IOException {
    return Files.readString(run.resolve("logs").resolve(name + ".log"));
  }
}
