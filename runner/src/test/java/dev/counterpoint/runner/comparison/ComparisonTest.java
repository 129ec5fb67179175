package dev.counterpoint.runner.comparison;

import static org.assertj.core.api.Assertions.assertThat;

import dev.counterpoint.runner.rundir.RecordedRun;
import dev.counterpoint.runner.rundir.RunRecord;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ComparisonTest {
  @TempDir private Path folder;
  private final List<RunRecord> runs = new ArrayList<>();

  private void run(long seed, double learningRate, double accuracy) throws IOException {
    Path run = folder.resolve("run" + runs.size());
    runs.add(RunRecord.read(RecordedRun.write(run, seed, learningRate, accuracy)));
  }

  @Test
  void runsThatDifferInTheirSeedsAreAGroup() throws IOException {
    run(1, 1e-3, 0.8);
    run(1, 1e-2, 0.9);
    run(2, 1e-3, 0.7);

    Comparison comparison = Comparison.of(runs);

    assertThat(comparison.groups())
        .extracting(group -> group.values("accuracy").keySet())
        .containsExactly(Set.of(1L, 2L), Set.of(1L));
    assertThat(comparison.settings())
        .containsExactly(
            new Comparison.Setting("training.optimizer.learningRate", List.of("0.001", "0.01")));
    assertThat(comparison.metrics()).containsExactly("loss", "accuracy");
  }

  @Test
  void settingsOnWhichTheResultDoesNotDependMayDifferWithinAGroup() throws IOException {
    run(1, 1e-3, 0.8);
    Path run = RecordedRun.write(folder.resolve("other"), 2, 1e-3, 0.8);
    Path provenance = run.resolve("provenance.json");
    Files.writeString(
        provenance,
        Files.readString(provenance).replace("\"name\":\"small\"", "\"name\":\"other\""));
    runs.add(RunRecord.read(run));

    Comparison comparison = Comparison.of(runs);

    assertThat(comparison.groups()).hasSize(1);
    assertThat(comparison.settings())
        .containsExactly(new Comparison.Setting("name", List.of("small or other")));
  }

  @Test
  void aDifferenceOfOneSeedEachIsNotJudged() throws IOException {
    run(1, 1e-3, 0.8);
    run(1, 1e-2, 0.9);

    assertThat(Comparison.of(runs).describe("accuracy").subList(2, 4))
        .satisfiesExactly(
            difference -> assertThat(difference).contains("+0.1"),
            advice -> assertThat(advice).contains("one seed", "seed=2"));
  }

  @Test
  void repeatedRunsOfASeedCountOnce() throws IOException {
    run(1, 1e-3, 0.8);
    run(1, 1e-3, 0.8);
    run(2, 1e-3, 0.6);

    assertThat(Comparison.of(runs).groups().get(0).values("accuracy")).hasSize(2);
  }
}
