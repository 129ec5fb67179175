package dev.counterpoint.runner.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.counterpoint.core.internal.storage.Json;
import dev.counterpoint.core.settings.CacheFolder;
import dev.counterpoint.runner.cli.option.ExitCode;
import dev.counterpoint.runner.rundir.RecordedRun;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code plan} predicts a small run and writes nothing beside the cache. */
final class PlanCommandTest {
  @TempDir private Path folder;
  private final Terminal terminal = new Terminal();

  @BeforeEach
  void write() throws IOException {
    SmallRun.in(folder);
  }

  private String plan(String... options) {
    Stream<String> command = Stream.of("plan", folder.resolve("small.yaml").toString());
    String[] arguments = Stream.concat(command, Stream.of(options)).toArray(String[]::new);
    assertThat(terminal.run(arguments)).as(terminal.err()).isEqualTo(ExitCode.SUCCESS);
    return terminal.out();
  }

  private static List<Path> files(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      return files.toList();
    }
  }

  /** Also if the validation split is larger than the steps between two validations. */
  @ParameterizedTest
  @ValueSource(strings = {"strategy=distributed", "training.validateEvery={steps: 1}"})
  void aShortTrainingIsTimedAndNothingIsLeft(String set) throws IOException {
    List<Path> before = files(folder);

    JsonNode plan = Json.MAPPER.readTree(plan("--json", "--set", set));
    assertThat(plan.at("/steps/total").asLong()).isEqualTo(6);
    assertThat(plan.at("/time/total").asDouble()).isPositive();
    assertThat(plan.at("/time/validation").asDouble()).isPositive();
    assertThat(plan.at("/time/peakMemory").asLong()).isPositive();
    assertThat(plan.at("/memory/weights").asLong()).isEqualTo(4 * plan.path("parameters").asLong());
    assertThat(plan.path("scaling")).hasSize(2); // of 2 and 4 ranks for 4 examples
    assertThat(files(folder)).isEqualTo(before);
    assertThat(files(CacheFolder.path())).noneMatch(it -> it.toString().contains("plan."));
  }

  @Test
  void theFailureOfTheMeasuredTrainingIsReported() throws IOException {
    String run = folder.resolve("small.yaml").toString();

    assertThat(terminal.run("plan", run, "--set", "training.optimizer.learningRate=1e30"))
        .isEqualTo(ExitCode.RUN_FAILED);
    assertThat(terminal.err()).contains("not finite at step");
    assertThat(files(CacheFolder.path())).noneMatch(it -> it.toString().contains("plan."));
  }

  @Test
  void eachSettingHasItsOrigin() throws IOException {
    JsonNode plan = Json.MAPPER.readTree(plan("--json", "--no-timing", "--set", "seed=3"));

    assertThat(origin(plan, "seed")).isEqualTo("--set seed=3");
    assertThat(origin(plan, "model.width")).startsWith("line ");
    assertThat(origin(plan, "training.optimizer.type")).isEqualTo("default");
  }

  private static String origin(JsonNode plan, String key) {
    return plan.path("settings")
        .valueStream()
        .filter(it -> it.path("key").asText().equals(key))
        .findFirst()
        .orElseThrow()
        .path("origin")
        .asText();
  }

  @Test
  void thePageHasLayersAndWarnings() {
    assertThat(plan("--no-timing", "--set", "training.batchSize=64"))
        .contains("tokens", "Embedding", "parameters", "batchSize is 64", "12 examples");
  }

  @Test
  void anEarlierRunIsCompared() throws IOException {
    Path earlier = RecordedRun.write(folder.resolve("earlier"), 3, 1e-3, 0.8);

    assertThat(plan("--no-timing", "--against", earlier.toString()))
        .contains("seed: 3 -> 17", "examples differ", "train, validation");
  }

  @Test
  void aMisspelledSettingIsRejected() {
    assertThat(
            terminal.run(
                "plan", folder.resolve("small.yaml").toString(), "--set", "training.epoch=3"))
        .isEqualTo(ExitCode.INVALID_REQUEST);
    assertThat(terminal.err()).contains("epochs");
  }
}
