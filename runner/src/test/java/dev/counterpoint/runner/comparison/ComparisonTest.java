package dev.counterpoint.runner.comparison;

import static org.assertj.core.api.Assertions.assertThat;

import dev.counterpoint.runner.rundir.RecordedRun;
import dev.counterpoint.runner.rundir.RunRecord;
import dev.counterpoint.runner.wiring.Catalogs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ComparisonTest {
  @TempDir private Path folder;
  private final List<RunRecord> runs = new ArrayList<>();

  private void run(long seed, double learningRate, double accuracy) throws IOException {
    Path run = folder.resolve("run" + runs.size());
    runs.add(RunRecord.read(RecordedRun.write(run, seed, learningRate, accuracy)));
  }

  /** Adds a run with other contents of its provenance. */
  private void edited(long seed, String from, String to) throws IOException {
    Path run = RecordedRun.write(folder.resolve("run" + runs.size()), seed, 1e-3, 0.8);
    Path file = run.resolve("provenance.json");
    String text = Files.readString(file);
    assertThat(text).contains(from);
    Files.writeString(file, text.replace(from, to));
    runs.add(RunRecord.read(run));
  }

  private Comparison compared() {
    return Comparison.of(runs, Catalogs.reportingCallbacks());
  }

  @Test
  void runsThatDifferInTheirSeedsAreAGroup() throws IOException {
    run(1, 1e-3, 0.8);
    run(1, 1e-2, 0.9);
    run(2, 1e-3, 0.7);

    Comparison comparison = compared();

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
    edited(2, "\"name\":\"small\"", "\"name\":\"other\"");

    Comparison comparison = compared();

    assertThat(comparison.groups()).hasSize(1);
    assertThat(comparison.settings())
        .containsExactly(new Comparison.Setting("name", List.of("small or other")));
  }

  @Test
  void callbacksThatOnlyReportAreNotCompared() throws IOException {
    String from = "\"seed\":";
    edited(1, from, "\"callbacks\":[{\"type\":\"early-stop\"}],\"seed\":");
    edited(
        2,
        from,
        "\"callbacks\":[{\"type\":\"mlflow\"},{\"type\":\"early-stop\"},{\"type\":\"tensorboard\"}],\"seed\":");

    assertThat(compared().groups()).hasSize(1);
    assertThat(compared().settings()).isEmpty();
  }

  @Test
  void callbacksThatMayStopTheRunAreCompared() throws IOException {
    run(1, 1e-3, 0.8);
    edited(1, "\"seed\":", "\"callbacks\":[{\"type\":\"early-stop\"}],\"seed\":");

    assertThat(compared().groups()).hasSize(2);
  }

  @Test
  void equalExamplesFromOtherFilesAreTheSameData() throws IOException {
    run(1, 1e-3, 0.8);
    edited(2, "1f3a train:77ac", "1f3a train:5555");

    assertThat(compared().groups()).hasSize(1);
    assertThat(compared().settings()).isEmpty();
  }

  @Test
  void aRandomSplitOfTheSameFilesWithAnotherSeedIsTheSameData() throws IOException {
    run(1, 1e-3, 0.8);
    edited(2, "1f3a train", "e5b7 train");

    assertThat(compared().groups()).hasSize(1);
    assertThat(compared().settings()).isEmpty();
  }

  @Test
  void otherExamplesAreNamedWithTheirSplit() throws IOException {
    run(1, 1e-3, 0.8);
    edited(1, "1f3a train:77ac validation:09d1", "e5b7 train:77ac validation:5555");

    assertThat(compared().settings())
        .containsExactly(
            new Comparison.Setting("hash of the examples", List.of("1f3a", "e5b7")),
            new Comparison.Setting("hash of the source: validation", List.of("09d1", "5555")));
  }

  @Test
  void imageFoldersThatDifferAreOtherData() throws IOException {
    run(1, 1e-3, 0.8);
    edited(
        1,
        "\"dataFingerprint\":\"1f3a train:77ac validation:09d1\"",
        "\"dataFingerprint\":\"e5b7 train:5555\",\"files\":{\"data.train.path\":{\"file\":\"x\"}}");

    assertThat(compared().groups()).hasSize(2);
  }

  @Test
  void aDifferenceOfOneSeedEachIsNotJudged() throws IOException {
    run(1, 1e-3, 0.8);
    run(1, 1e-2, 0.9);

    assertThat(compared().describe("accuracy").subList(2, 4))
        .satisfiesExactly(
            difference -> assertThat(difference).contains("+0.1"),
            advice -> assertThat(advice).contains("one seed", "seed=2"));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void resultsThatAreEqualForEachSeedAreNotJudged(int seeds) throws IOException {
    for (int seed = 1; seed <= seeds; seed++) {
      run(seed, 1e-3, 0.7 + 0.1 * seed);
      run(seed, 1e-2, 0.7 + 0.1 * seed);
    }

    assertThat(compared().describe("accuracy").get(2))
        .contains("equal")
        .doesNotContain("significant");
  }

  @Test
  void repeatedRunsOfASeedCountOnce() throws IOException {
    run(1, 1e-3, 0.8);
    run(1, 1e-3, 0.8);
    run(2, 1e-3, 0.6);

    assertThat(compared().groups().get(0).values("accuracy")).hasSize(2);
  }
}
