package dev.counterpoint.runner.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.counterpoint.core.internal.storage.Json;
import dev.counterpoint.runner.cli.option.ExitCode;
import dev.counterpoint.runner.machine.ChildJvm;
import dev.counterpoint.runner.machine.CurrentJvm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** {@code tune --halving}: four trials of 2 steps, then the best two to the end. */
final class HalvingSweepTest {
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
  void theBestTrialsAreTrainedToTheEnd() throws IOException {
    List<JsonNode> first = journal("whole").subList(0, 4);
    List<JsonNode> last = journal("whole").subList(4, 6);

    assertThat(first)
        .allMatch(it -> it.path("round").asInt() == 0 && it.path("steps").asInt() == 2);
    assertThat(last).allMatch(it -> it.path("round").asInt() == 1 && it.path("steps").asInt() == 6);
    double worst =
        first.stream()
            .filter(it -> isIn(it, last))
            .mapToDouble(HalvingSweepTest::value)
            .max()
            .orElseThrow();
    assertThat(first).filteredOn(it -> !isIn(it, last)).allMatch(it -> value(it) >= worst);
  }

  @Test
  void trialsOfTheLastRoundAreListedFirst() {
    assertThat(whole.out().lines().map(String::strip).limit(5))
        .satisfiesExactly(
            head -> assertThat(head).startsWith("trial"),
            best -> assertThat(best).matches("\\d +\\S+ +6 .*"),
            second -> assertThat(second).matches("\\d +\\S+ +6 .*"),
            third -> assertThat(third).matches("\\d +\\S+ +2 .*"),
            fourth -> assertThat(fourth).matches("\\d +\\S+ +2 .*"));
  }

  @Test
  @DisabledOnOs(OS.WINDOWS)
  void aSweepKilledInItsLastRoundHasTheSameTable() throws IOException, InterruptedException {
    List<String> arguments = List.of(arguments("killed"));
    try (ChildJvm child = ChildJvm.start(CurrentJvm.MAIN, arguments, folder.resolve("log.txt"))) {
      while (child.alive() && !isInLastRound("killed")) {
        Thread.sleep(20);
      }
      child.kill();
    }
    assertThat(journal("killed")).hasSizeBetween(4, 5);

    assertThat(terminal.run(arguments("killed"))).as(terminal.err()).isEqualTo(ExitCode.SUCCESS);
    assertThat(table(terminal)).isEqualTo(table(whole));
    assertThat(journal("killed")).containsExactlyInAnyOrderElementsOf(journal("whole"));
  }

  @Test
  void aTrialKilledBeforeItWasRecordedHasTheSameResult() throws IOException {
    Path file = folder.resolve("whole/sweep.jsonl");
    List<String> lines = Files.readAllLines(file);
    List<JsonNode> before = journal("whole");
    Files.write(file, lines.subList(0, lines.size() - 1));

    assertThat(terminal.run(arguments("whole"))).as(terminal.err()).isEqualTo(ExitCode.SUCCESS);
    assertThat(journal("whole")).isEqualTo(before);
    assertThat(table(terminal)).isEqualTo(table(whole));
  }

  private static boolean isInLastRound(String sweep) throws IOException {
    Path journal = folder.resolve(sweep).resolve("sweep.jsonl");
    return Files.exists(journal) && journal(sweep).size() >= 4;
  }

  private static boolean isIn(JsonNode result, List<JsonNode> round) {
    return round.stream().anyMatch(it -> it.path("trial").equals(result.path("trial")));
  }

  private static double value(JsonNode result) {
    return result.path("value").asDouble();
  }

  /** The results of a sweep, in the order in which they ended. */
  private static List<JsonNode> journal(String sweep) throws IOException {
    return Files.readAllLines(folder.resolve(sweep).resolve("sweep.jsonl")).stream()
        .skip(1)
        .map(line -> Json.parse(line, JsonNode.class))
        .toList();
  }

  private static List<String> table(Terminal used) {
    return used.out().lines().limit(5).toList();
  }

  private static String[] arguments(String output) {
    return new String[] {
      "tune",
      folder.resolve("small.yaml").toString(),
      "--sweep=training.optimizer.learningRate=1e-9,1e-3,1e-2,5e-2",
      "--halving=2",
      "--parallel=2",
      "--threads=1",
      "--output=" + folder.resolve(output)
    };
  }
}
