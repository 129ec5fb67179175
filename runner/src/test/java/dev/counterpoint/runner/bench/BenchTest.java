package dev.counterpoint.runner.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.databind.JsonNode;
import dev.counterpoint.core.kernel.Precision;
import dev.counterpoint.core.kernel.Torch;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.runner.RunFailed;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class BenchTest {
  /** A shell script that imitates the answers of the PyTorch script. */
  private static final String PYTHON =
      """
      #!/bin/sh
      read settings
      echo '{"torch": "9.9", "threads": 2}'
      while read request; do
        echo '{"seconds": [9,9,9,9,9,1,1,1,1,1,1,1,1,1,1,2,2,2,2,2,2,2,2,2,2], "peakBytes": 5000000}'
      done
      """;

  @TempDir private Path folder;

  private static Bench bench(Set<Precision> precisions, @Nullable Path python) {
    return new Bench(
        EnumSet.of(BenchSize.SMALL),
        precisions,
        EnumSet.allOf(Contender.Kind.class),
        python,
        1,
        (size, precision) -> OptionalLong.of(7_000_000));
  }

  private Path script(String text) throws IOException {
    Path script = Files.writeString(folder.resolve("python"), text);
    assumeTrue(script.toFile().setExecutable(true), "cannot create executable files");
    return script;
  }

  @Test
  void eachContenderHasACompleteRow() throws IOException {
    List<String> table = new ArrayList<>();
    JsonNode rows = bench(EnumSet.of(Precision.FLOAT32), script(PYTHON)).run(table::add);

    assertThat(rows.findValuesAsText("contender"))
        .containsExactly("counterpoint", "bare", "easytrain", "pytorch");
    for (JsonNode row : rows) {
      assertThat(row.fieldNames())
          .toIterable()
          .filteredOn(name -> !name.equals("peakBytes"))
          .containsExactly(
              "size",
              "precision",
              "contender",
              "medianMs",
              "lowMs",
              "highMs",
              "gflops",
              "shareOfPeak",
              "ratio");
      assertThat(row.path("size").asText()).isEqualTo("small");
      assertThat(row.path("precision").asText()).isEqualTo("float32");
      assertThat(row.path("gflops").asDouble()).isPositive();
    }
    assertThat(rows.path(0).path("peakBytes").asLong()).isEqualTo(7_000_000);
    assertThat(rows.path(3).path("peakBytes").asLong()).isEqualTo(5_000_000);
    assertThat(table).anyMatch(line -> line.contains("pytorch") && line.endsWith(" 5"));
  }

  @Test
  void invalidAnswerOfPythonIsReported() throws IOException {
    Path python = script("#!/bin/sh\nread settings\necho Welcome to Python\nread more\n");

    assertThatThrownBy(() -> bench(EnumSet.of(Precision.FLOAT32), python).run(line -> {}))
        .isInstanceOf(RunFailed.class)
        .hasMessageContaining("Welcome to Python");
  }

  @Test
  void ratioIsCounterpointsTimeOverTheContenders() throws IOException {
    JsonNode rows = bench(EnumSet.of(Precision.FLOAT32), script(PYTHON)).run(line -> {});

    JsonNode counterpoint = rows.path(0);
    JsonNode pytorch = rows.path(3);
    assertThat(counterpoint.path("ratio").asDouble()).isEqualTo(1);
    // The first five steps of a turn are warm-up steps.
    assertThat(pytorch.path("medianMs").asDouble()).isCloseTo(1500, within(1e-9));
    assertThat(pytorch.path("ratio").asDouble())
        .isCloseTo(counterpoint.path("medianMs").asDouble() / 1500, within(1e-9));
  }

  @Test
  void omitsPyTorchWithoutPythonAndEasyTrainInBfloat16() throws IOException {
    JsonNode rows = bench(EnumSet.of(Precision.BFLOAT16), null).run(line -> {});

    assertThat(rows.findValuesAsText("contender")).containsExactly("counterpoint", "bare");
  }

  @Test
  void pythonWithoutTorchIsRejectedWithItsOutput() throws IOException {
    Path python = script("#!/bin/sh\necho 'No module named torch' >&2\nexit 1\n");

    assertThatThrownBy(() -> bench(EnumSet.of(Precision.FLOAT32), python).check())
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("--python " + python)
        .hasMessageContaining("No module named torch");
  }

  @Test
  void missingPythonIsRejected() {
    Path python = folder.resolve("nowhere");

    assertThatThrownBy(() -> bench(EnumSet.of(Precision.FLOAT32), python).check())
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("--python " + python + " cannot be started");
  }

  @Test
  void prematureEndOfPyTorchIsReported() throws IOException {
    Path python = script("#!/bin/sh\nread settings\necho '{}'\necho gone >&2\n");

    assertThatThrownBy(() -> bench(EnumSet.of(Precision.FLOAT32), python).run(line -> {}))
        .isInstanceOf(RunFailed.class)
        .hasMessageContaining("ended")
        .hasMessageContaining("gone");
  }

  @ParameterizedTest
  @EnumSource
  void bareLoopReducesTheLoss(Precision precision) {
    try (NDManager memory = Torch.newManager(Device.cpu());
        BaseModel model = BenchSize.SMALL.model(precision)) {
      BareLoop loop = new BareLoop(model, memory);
      RandomExamples examples = new RandomExamples(BenchSize.SMALL, 0);
      double first = loop.step(examples.batch(0), 1e-3);
      double last = first;
      for (int i = 0; i < 20; i++) {
        last = loop.step(examples.batch(0), 1e-3);
      }

      assertThat(last).isLessThan(first / 2);
    }
  }

  @Test
  void bareLoopHasAtMostSixtyLinesAndUsesOnlyLayersAndKernels() throws IOException {
    List<String> lines =
        Files.readAllLines(Path.of("src/main/java/dev/counterpoint/runner/bench/BareLoop.java"));

    assertThat(lines).hasSizeLessThanOrEqualTo(60);
    assertThat(lines)
        .filteredOn(line -> line.startsWith("import dev.counterpoint"))
        .allMatch(
            line ->
                line.matches(
                    ".*core\\.(kernel\\.(operator\\.)?\\w+|model\\.\\w+|data\\.\\w*Batch);"));
  }
}
