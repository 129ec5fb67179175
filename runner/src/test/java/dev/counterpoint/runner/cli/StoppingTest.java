package dev.counterpoint.runner.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.counterpoint.core.checkpoint.CheckpointStore;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Signals to a training process. */
@DisabledOnOs(OS.WINDOWS)
final class StoppingTest {
  private static final String RUN_FILE =
      """
      name: long
      device: cpu
      classpath: [Dawdle.java]
      model: {type: transformer, width: 8, layers: 1, heads: 1, maxLength: 8}
      data: {type: text-classification, train: {path: train.tsv}}
      training: {epochs: 1000, batchSize: 8, schedule: constant}
      checkpoint: {everySteps: 1, background: false}
      callbacks: [{type: Dawdle, step: 3}]
      """;

  /** Takes a minute for a step, or no time where that is 0. */
  private static final String DAWDLE =
      """
      import dev.counterpoint.core.callback.*;

      public record Dawdle(long step) implements CallbackConfig {
        public Callback build(CallbackContext context) {
          return new Callback() {
            public void onStep(StepReport report) {
              if (report.step() == step) {
                System.err.println("dawdling");
                try {
                  Thread.sleep(60_000);
                } catch (InterruptedException e) {
                  throw new IllegalStateException(e);
                }
              }
            }
          };
        }
      }
      """;

  @TempDir private Path folder;

  @BeforeEach
  void writeRun() throws IOException {
    Files.writeString(folder.resolve("long.yaml"), RUN_FILE);
    Files.writeString(folder.resolve("Dawdle.java"), DAWDLE);
    Files.writeString(
        folder.resolve("train.tsv"),
        IntStream.range(0, 20)
            .mapToObj(row -> "word%d\t%s%n".formatted(row, row % 2 == 0 ? "yes" : "no"))
            .collect(Collectors.joining("", "text\tlabel\n", "")));
  }

  @ParameterizedTest
  @CsvSource({"TERM, 143", "HUP, 129", "USR1, 138", "XCPU, 152"})
  void signalFinishesTheStepSavesAndPrintsHowToResume(String name, int code) throws Exception {
    assumeThat(isIgnored(code - 128)).as("the signal is ignored here, as behind nohup").isFalse();
    Process process = train("--set", "callbacks.0.step=0");
    try (BufferedReader said = process.errorReader()) {
      await(said, "step 1 of");
      signal(process, name);
      await(said, "Stopping after this step");
    }

    assertThat(process.waitFor()).isEqualTo(code);
    String out = new String(process.getInputStream().readAllBytes());
    assertThat(out)
        .contains("stopped: SIG" + name)
        .contains("resume with: ./counterpoint train " + folder.resolve("run"));
    assertThat(folder.resolve("run/.crash-marker")).doesNotExist();
  }

  @Test
  void aSecondCtrlCStopsAtOnceAndLeavesWholeFiles() throws Exception {
    assumeThat(isIgnored(2)).as("SIGINT is ignored here, as behind nohup").isFalse();
    Process process = train();
    try (BufferedReader said = process.errorReader()) {
      await(said, "dawdling");
      signal(process, "INT");
      await(said, "Stopping after this step");
      signal(process, "INT");

      assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
    } finally {
      process.destroyForcibly();
    }
    assertThat(process.exitValue()).isEqualTo(130);
    // The checkpoint of step 2 may have been under way.
    CheckpointStore store = new CheckpointStore(folder.resolve("run/checkpoints"), 1);
    assertThat(store.newest().checkpoint().orElseThrow().step()).isBetween(1L, 2L);
  }

  private Process train(String... more) throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:TieredStopAtLevel=1",
            "-cp",
            System.getProperty("java.class.path"),
            Main.class.getName(),
            "train",
            folder.resolve("long.yaml").toString(),
            "--output",
            folder.resolve("run").toString());
    builder.command().addAll(List.of(more));
    return builder.start();
  }

  private static void await(BufferedReader said, String wanted) throws IOException {
    String line = said.readLine();
    StringBuilder all = new StringBuilder();
    while (line != null && !line.contains(wanted)) {
      all.append(line).append('\n');
      line = said.readLine();
    }
    assertThat(line).as("after " + all).contains(wanted);
  }

  /** Whether this process, and so its children, ignore a signal; known on Linux only. */
  private static boolean isIgnored(int signal) throws IOException {
    Path status = Path.of("/proc/self/status");
    if (!Files.exists(status)) {
      return false;
    }
    String ignored =
        Files.readAllLines(status).stream()
            .filter(line -> line.startsWith("SigIgn:"))
            .findFirst()
            .orElseThrow();
    long mask = Long.parseUnsignedLong(ignored.substring("SigIgn:".length()).strip(), 16);
    return (mask >> (signal - 1) & 1) != 0;
  }

  private static void signal(Process process, String name) throws Exception {
    new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).start().waitFor();
  }
}
