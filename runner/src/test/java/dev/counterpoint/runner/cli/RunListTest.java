package dev.counterpoint.runner.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.counterpoint.core.internal.storage.Json;
import dev.counterpoint.runner.cli.option.ExitCode;
import dev.counterpoint.runner.rundir.RecordedRun;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code runs} and {@code compare}, with runs that were not trained. */
final class RunListTest {
  private static final String HOSTILE = "</td><script>\u001b[2J";

  @TempDir private Path folder;
  private final Terminal terminal = new Terminal();

  private Path run(String name, long seed, double learningRate, double accuracy)
      throws IOException {
    return RecordedRun.write(folder.resolve(name), seed, learningRate, accuracy);
  }

  private String compare(String... options) {
    String[] all = new String[options.length + 1];
    all[0] = "compare";
    System.arraycopy(options, 0, all, 1, options.length);
    assertThat(terminal.run(all)).as(terminal.err()).isEqualTo(ExitCode.SUCCESS);
    return terminal.out();
  }

  @Test
  void aBrokenRunIsOneLineWithItsProblem() throws IOException {
    run("good", 17, 1e-3, 0.75);
    Files.writeString(run("bad", 18, 1e-3, 0.75).resolve("provenance.json"), "{");
    Files.createDirectory(folder.resolve("no-run"));

    assertThat(terminal.run("runs", folder.toString())).isEqualTo(ExitCode.SUCCESS);
    List<String> lines = terminal.out().lines().toList();
    assertThat(lines).hasSize(3);
    assertThat(lines.get(1)).contains("good", "finished", "20", "1:02", "accuracy 0.7500");
    assertThat(lines.get(2)).contains("bad", "problem", "provenance.json");
  }

  @Test
  void aFolderWithARunFileAndRunsHasItsRuns() throws IOException {
    run("good", 17, 1e-3, 0.75);
    Files.writeString(folder.resolve("run.yaml"), "name: experiment\n");

    assertThat(terminal.run("runs", folder.toString())).isEqualTo(ExitCode.SUCCESS);
    assertThat(terminal.out().lines()).hasSize(2).last().asString().contains("good", "finished");
  }

  @Test
  void jsonHasAnObjectForEachRun() throws IOException {
    run("good", 17, 1e-3, 0.75);

    assertThat(terminal.run("runs", folder.toString(), "--json")).isEqualTo(ExitCode.SUCCESS);
    JsonNode run = Json.MAPPER.readTree(terminal.out());
    assertThat(run.path("state").asText()).isEqualTo("finished");
    assertThat(run.path("seed").asLong()).isEqualTo(17);
    assertThat(run.at("/results/accuracy").asDouble()).isEqualTo(0.75);
  }

  @Test
  void controlCharactersOfAForeignRunAreEscaped() throws IOException {
    Path run = run("one", 17, 1e-3, 0.75);
    Path summary = run.resolve("summary.json");
    Files.writeString(
        summary, Files.readString(summary).replace("accuracy", "\\u001b[2J\\n" + "accuracy"));

    assertThat(terminal.run("runs", folder.toString())).isEqualTo(ExitCode.SUCCESS);
    assertThat(terminal.out()).doesNotContain("\u001b").hasLineCount(2);
  }

  @Test
  void csvHasARowForEachRowOfTheMetrics() throws IOException {
    run("one", 17, 1e-3, 0.75);
    Path other = run("two", 18, 1e-3, 0.75).resolve("metrics.jsonl");
    Files.writeString(
        other,
        """
        {"split":"train","step":10,"epoch":1,"loss":null,"auxiliary":{"a, b":0.5}}
        no JSON
        """);

    assertThat(terminal.run("runs", folder.toString(), "--csv")).isEqualTo(ExitCode.SUCCESS);
    assertThat(terminal.out().lines())
        .contains(
            "run,split,step,epoch,loss,accuracy,\"auxiliary.a, b\"",
            "one,train,10,1,0.8,,",
            "one,validation,10,1,0.7,0.6,",
            "two,train,10,1,,,0.5")
        .hasSize(5);
  }

  @Test
  void theFolderOfASweepIsNamed() throws IOException {
    run("good", 17, 1e-3, 0.75);
    Path sweep = Files.createDirectory(folder.resolve("small-sweep-1f3a"));
    Files.writeString(sweep.resolve("sweep.jsonl"), "{}\n");
    run("small-sweep-1f3a/trial-0001", 17, 1e-3, 0.75);

    assertThat(terminal.run("runs", folder.toString())).isEqualTo(ExitCode.SUCCESS);
    assertThat(terminal.out()).hasLineCount(2).doesNotContain("trial-0001");
    assertThat(terminal.err()).contains("runs " + sweep);
  }

  @Test
  void aFolderThatDoesNotExistIsRejected() {
    assertThat(terminal.run("runs", folder.resolve("absent").toString()))
        .isEqualTo(ExitCode.INVALID_REQUEST);
    assertThat(terminal.err()).contains("absent");
  }

  @Test
  void aThousandRunsAreListedInSeconds() throws IOException {
    for (int i = 0; i < 1000; i++) {
      run("run" + i, i, 1e-3, 0.75);
    }
    long begin = System.nanoTime();

    assertThat(terminal.run("runs", folder.toString())).isEqualTo(ExitCode.SUCCESS);
    assertThat(System.nanoTime() - begin).isLessThan(10_000_000_000L);
    assertThat(terminal.out()).hasLineCount(1001);
  }

  @Test
  void settingsThatDifferAndTheSignificanceArePrinted() throws IOException {
    String[] runs = {
      run("a1", 1, 1e-3, 0.80).toString(),
      run("a2", 2, 1e-3, 0.81).toString(),
      run("b1", 1, 1e-2, 0.90).toString(),
      run("b2", 2, 1e-2, 0.92).toString()
    };

    assertThat(compare(runs))
        .contains("training.optimizer.learningRate  0.001  0.01", "paired t", "B - A: +0.105");
  }

  @Test
  void jsonOfACompareHasGroupsAndStatistics() throws IOException {
    String one = run("a1", 1, 1e-3, 0.80).toString();
    String other = run("b1", 1, 1e-2, 0.90).toString();

    JsonNode json = Json.MAPPER.readTree(compare(one, other, "--json"));
    assertThat(json.path("groups")).hasSize(2);
    assertThat(json.at("/settings/training.optimizer.learningRate/B").asText()).isEqualTo("0.01");
    assertThat(json.at("/metrics/accuracy/A/mean").asDouble()).isEqualTo(0.80);
    assertThat(json.at("/metrics/accuracy/B").has("difference")).isFalse();
  }

  @Test
  void thePageIsSelfContainedAndEscapesForeignText() throws IOException {
    String one = run("a1", 1, 1e-3, 0.80).toString();
    Path hostile = run("b1", 1, 1e-2, 0.90);
    Path provenance = hostile.resolve("provenance.json");
    Files.writeString(
        provenance,
        Files.readString(provenance)
            .replace("\"name\":\"small\"", "\"name\":" + Json.MAPPER.writeValueAsString(HOSTILE)));
    Path page = folder.resolve("page.html");

    compare(one, hostile.toString(), "--output", page.toString());
    assertThat(Files.readString(page))
        .contains("&lt;script&gt;", "<polyline", "Training loss", "Validation: accuracy")
        .doesNotContain("<script>", "http://", "https://", "{{");
  }

  @Test
  void oneRunCannotBeCompared() throws IOException {
    String one = run("a1", 1, 1e-3, 0.80).toString();

    assertThat(terminal.run("compare", one, one)).isEqualTo(ExitCode.INVALID_REQUEST);
  }
}
