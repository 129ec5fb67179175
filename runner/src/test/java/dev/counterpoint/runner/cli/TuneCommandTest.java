package dev.counterpoint.runner.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.counterpoint.runner.cli.option.ExitCode;
import dev.counterpoint.runner.machine.ChildJvm;
import dev.counterpoint.runner.machine.CurrentJvm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

final class TuneCommandTest {
  @TempDir private static Path folder;
  private static Terminal whole;
  private final Terminal terminal = new Terminal();

  @BeforeAll
  static void sweepWithoutInterruption() throws IOException {
    SmallRun.in(folder);
    whole = new Terminal();
    assertThat(whole.run(arguments("whole"))).as(whole.err()).isEqualTo(ExitCode.SUCCESS);
  }

  @Test
  void aSweepRanksItsTrials() throws IOException {
    List<String> table = whole.out().lines().map(String::strip).toList();

    assertThat(table.get(0)).matches("trial +loss +steps +training.optimizer.learningRate");
    assertThat(table.get(1)).matches("2 +0\\.\\d+ +6 +0\\.05");
    assertThat(table.get(2)).matches("1 +0\\.\\d+ +6 +1e-9");
    assertThat(table.get(3)).matches("3 +failed +0 +1e30");
    assertThat(table.get(4)).matches("trial 3 failed: The loss is not finite at step .+\\.");
    assertThat(Files.readString(folder.resolve("whole/trial-0001/run.yaml")))
        .contains("threads: \"1\"");
  }

  @Test
  void aSweepHasAPage() throws IOException {
    assertThat(Files.readString(folder.resolve("whole/sweep.html")))
        .contains(
            "best: --set training.optimizer.learningRate",
            "loss by training.optimizer.learningRate",
            "href=\"trial-0002/report.html\"",
            "<td>failed</td>",
            "<dd>The loss is not finite")
        .doesNotContain("{{", "trial-0003/report.html");
  }

  @Test
  void aFinishedSweepIsNotTrainedAgain() throws IOException {
    long size = Files.size(folder.resolve("whole/trial-0002.log"));

    assertThat(terminal.run(arguments("whole"))).isEqualTo(ExitCode.SUCCESS);
    assertThat(terminal.out()).isEqualTo(whole.out());
    assertThat(Files.size(folder.resolve("whole/trial-0002.log"))).isEqualTo(size);
  }

  @Test
  void aFolderOfAnotherSweepIsRejected() {
    assertThat(tune(terminal, "--sweep=model.width=8,16", "--output=" + folder.resolve("whole")))
        .isEqualTo(ExitCode.INVALID_REQUEST);
  }

  @Test
  @DisabledOnOs(OS.WINDOWS)
  void aKilledSweepHasTheSameTable() throws IOException, InterruptedException {
    List<String> arguments = List.of(arguments("killed"));
    Path trial = folder.resolve("killed/trial-0001/run.yaml");
    try (ChildJvm child = ChildJvm.start(CurrentJvm.MAIN, arguments, folder.resolve("log.txt"))) {
      while (child.alive() && !Files.exists(trial)) {
        Thread.sleep(20);
      }
      child.kill();
    }

    assertThat(terminal.run(arguments("killed"))).as(terminal.err()).isEqualTo(ExitCode.SUCCESS);
    assertThat(table(terminal)).isEqualTo(table(whole));
  }

  @Test
  void invalidSweepsAreRejectedBeforeAnyTraining() {
    String output = folder.resolve("sweep").toString();

    assertThat(tune(terminal, "--sweep", "model.witdh=8", "--output", output))
        .isEqualTo(ExitCode.INVALID_REQUEST);
    assertThat(terminal.err()).contains("\"width\"");
    assertThat(tune(terminal, "--sweep", "model.width=8", "--metric=acuracy", "--output", output))
        .isEqualTo(ExitCode.INVALID_REQUEST);
    assertThat(terminal.err()).contains("\"accuracy\"");
    assertThat(
            tune(
                terminal,
                "--sweep",
                "loss=cross-entropy,{type: cross-entropy}",
                "--output",
                output))
        .isEqualTo(ExitCode.INVALID_REQUEST);
    assertThat(terminal.err()).contains("--metric", "[accuracy");
    assertThat(tune(terminal)).isEqualTo(ExitCode.INVALID_REQUEST);
    assertThat(tune(terminal, "--batch-size", "--trials=3")).isEqualTo(ExitCode.INVALID_REQUEST);
    assertThat(Path.of(output)).doesNotExist();
  }

  @Test
  void theRangeTestWritesAPage() throws IOException {
    int code = tune(terminal, "--learning-rate", "--output", folder.resolve("range") + "");

    assertThat(code).as(terminal.err()).isEqualTo(ExitCode.SUCCESS);
    assertThat(terminal.out()).contains("uggest");
    assertThat(Files.readString(folder.resolve("range/learning-rate.html")))
        .contains("<polyline", "1.00e-07", "prefers-color-scheme: dark");
  }

  @Test
  void batchSizesAreMeasuredUpToTheSizeOfTheData() {
    assertThat(tune(terminal, "--batch-size")).as(terminal.err()).isEqualTo(ExitCode.SUCCESS);

    assertThat(terminal.out())
        .contains("batch size 1:", "batch size 8:", "fastest per example", "12 examples")
        .doesNotContain("batch size 16");
  }

  private static String[] arguments(String output) {
    return new String[] {
      "tune",
      folder.resolve("small.yaml").toString(),
      "--sweep=training.optimizer.learningRate=1e-9,0.05,1e30",
      "--set=training.clipNorm=null",
      "--parallel=3",
      "--threads=1",
      "--output=" + folder.resolve(output)
    };
  }

  private int tune(Terminal used, String... options) {
    return used.run(
        Stream.concat(
                Stream.of("tune", folder.resolve("small.yaml").toString()), Stream.of(options))
            .toArray(String[]::new));
  }

  private static String table(Terminal used) {
    return used.out().lines().limit(4).collect(Collectors.joining("\n"));
  }
}
