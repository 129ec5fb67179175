package dev.counterpoint.runner.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.counterpoint.core.checkpoint.CheckpointPolicy;
import dev.counterpoint.core.loss.Loss;
import dev.counterpoint.core.optimizer.OptimizerConfig;
import dev.counterpoint.core.schedule.Schedule;
import dev.counterpoint.core.training.TrainingConfig;
import dev.counterpoint.runner.experiment.Experiments;
import dev.counterpoint.runner.wiring.Catalogs;
import dev.counterpoint.runner.wiring.RunFile;
import java.io.IOException;
import java.lang.reflect.RecordComponent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the README says is so. */
final class ReadmeTest {
  @TempDir Path folder;
  private String readme = "";

  @BeforeEach
  void readReadme() throws IOException {
    readme = Files.readString(Path.of("..", "README.md")).replace("\r\n", "\n");
  }

  @Test
  void theModelInOneFileTrains() throws IOException {
    Files.writeString(folder.resolve("LetterAverage.java"), block("java", "class LetterAverage"));
    Path runFile =
        Files.writeString(folder.resolve("letters.yaml"), block("yaml", "name: letters"));
    Path run = folder.resolve("run");
    Terminal terminal = new Terminal();

    int code =
        terminal.run(
            "train", runFile.toString(), "--set", "training.epochs=1", "--output", run.toString());

    assertThat(code).as(terminal.err()).isEqualTo(ExitCode.DONE);
    assertThat(terminal.out()).contains("accuracy");
    assertThat(run.resolve("model/model.safetensors")).exists();
  }

  @Test
  void everyKeyOfTheRunFileIsInTheTable() {
    List<String> nested = List.of("training", "checkpoint");
    Stream<String> top = keys("", RunFile.class).filter(key -> !nested.contains(key));
    Stream<String> deeper =
        Stream.concat(
            keys("training.", TrainingConfig.class), keys("checkpoint.", CheckpointPolicy.class));

    assertThat(Stream.concat(top, deeper))
        .allSatisfy(key -> assertThat(readme).contains("| `" + key + "` |"));
  }

  @Test
  void everyNameOfEveryCatalogIsThere() {
    assertThat(Catalogs.all())
        .flatExtracting(catalog -> catalog.names())
        .allSatisfy(name -> assertThat(readme).containsPattern("\\b" + name + "\\b"));
  }

  @Test
  void everyKeyOfOptimizersSchedulesAndLossesIsThere() {
    List<Class<?>> contracts = List.of(OptimizerConfig.class, Schedule.class, Loss.class);

    assertThat(Catalogs.all())
        .filteredOn(catalog -> contracts.contains(catalog.contract()))
        .flatExtracting(
            catalog -> catalog.records().stream().flatMap(record -> keys("", record)).toList())
        .allSatisfy(key -> assertThat(readme).contains("`" + key + "`"));
  }

  @Test
  void everyCommandAndEveryExperimentIsThere() {
    assertThat(Main.commandLine().getSubcommands().entrySet())
        .filteredOn(command -> !command.getValue().getCommandSpec().usageMessage().hidden())
        .allSatisfy(command -> assertThat(readme).contains("./counterpoint " + command.getKey()));
    assertThat(Experiments.names()).allSatisfy(name -> assertThat(readme).contains(name));
  }

  @Test
  void everyFileItPointsToIsThere() {
    Matcher links = Pattern.compile("]\\((?!http)([^)]+)\\)").matcher(readme);
    assertThat(links.results().map(link -> Path.of("..", link.group(1))))
        .isNotEmpty()
        .allSatisfy(file -> assertThat(file).exists());
  }

  private static Stream<String> keys(String path, Class<?> record) {
    return Arrays.stream(record.getRecordComponents())
        .map(RecordComponent::getName)
        .map(path::concat);
  }

  private String block(String language, String within) {
    return Pattern.compile("```" + language + "\\n(.*?)```", Pattern.DOTALL)
        .matcher(readme)
        .results()
        .map(block -> block.group(1))
        .filter(text -> text.contains(within))
        .findFirst()
        .orElseThrow();
  }
}
