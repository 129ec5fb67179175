package dev.counterpoint.runner.tune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.core.settings.RecordCopy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class SweepTest {
  @TempDir private Path folder;

  @Test
  void aGridHasAllCombinations() throws IOException {
    Sweep sweep = Sweep.of(List.of("a=1,2", "b=[x,y],{c: 1, d: 2}"));

    assertThat(sweep.settings())
        .containsExactly(
            Map.of("a", "1", "b", "[x,y]"),
            Map.of("a", "1", "b", "{c: 1, d: 2}"),
            Map.of("a", "2", "b", "[x,y]"),
            Map.of("a", "2", "b", "{c: 1, d: 2}"));
  }

  @Test
  void randomTrialsAreAFunctionOfTheSeed() throws IOException {
    Sweep sweep = random(40, 7);

    assertThat(sweep.settings()).isEqualTo(random(40, 7).settings());
    assertThat(sweep.settings()).isNotEqualTo(random(40, 8).settings());
    assertThat(random(20, 7).settings()).isEqualTo(sweep.settings().subList(0, 20));
  }

  @Test
  void aLogarithmicRangeIsUniformInItsLogarithm() throws IOException {
    assertThat(random(400, 1).settings())
        .extracting(trial -> Double.parseDouble(trial.get("rate")))
        .allSatisfy(rate -> assertThat(rate).isBetween(1e-5, 1e-1))
        .filteredOn(rate -> rate < 1e-3)
        .hasSizeBetween(160, 240);
  }

  @Test
  void aFileHasTheWholeSweep() throws IOException {
    Path file =
        Files.writeString(
            folder.resolve("sweep.yaml"),
            """
            parameters:
              training.optimizer.learningRate: {min: 1.0e-5, max: 1.0e-2, log: true}
              model.dropout: {values: [0, 0.1]}
            trials: 5
            metric: accuracy
            halving: {steps: 20, factor: 4}
            parallel: 2
            """);
    Sweep sweep = Sweep.of(List.of(file.toString(), "model.dropout=0.2"));

    assertThat(sweep.settings()).hasSize(5).allMatch(it -> it.get("model.dropout").equals("0.2"));
    assertThat(sweep.halving()).isEqualTo(new Halving(20, 4));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"a", "a=1,1", "a=log(0,1)", "a=log(2,1)", "a=uniform(x,1)", "a=log(1e-5,1)"})
  void invalidValuesAreRejected(String option) {
    assertThatThrownBy(() -> Sweep.of(List.of(option)).settings())
        .isInstanceOf(InvalidSettings.class);
  }

  private static Sweep random(int trials, long seed) throws IOException {
    Sweep sweep = Sweep.of(List.of("rate=log(1e-5,1e-1)", "dropout=0,0.1,0.2"));
    return RecordCopy.with(sweep, Map.of("trials", trials, "seed", seed));
  }
}
