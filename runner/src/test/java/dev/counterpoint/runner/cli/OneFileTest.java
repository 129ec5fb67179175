package dev.counterpoint.runner.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.counterpoint.runner.cli.option.ExitCode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * User-defined components, each one {@code .java} file next to a run file and run by one command.
 */
final class OneFileTest {
  private static final String[] GOOD = {"fine", "lovely", "bright", "warm", "clever"};
  private static final String[] BAD = {"dull", "gloomy", "cold", "weak", "silly"};

  @TempDir Path folder;
  @TempDir Path data;
  private final Terminal terminal = new Terminal();

  /** A user-defined component: its file, its key in the run file, and its settings. */
  enum Component {
    LOSS("FocalLoss", "loss", "gamma: 2.0"),
    ATTENTION("MeanAttention", "attention", "share: 0.5"),
    OPTIMIZER("Lion", "optimizer", "beta1: 0.8"),
    SCHEDULE("Triangle", "schedule", "period: 3"),
    DATA("Parity", "data", "length: 6, items: 60"),
    CALLBACK("StepLog", "callback", "file: steps.txt"),
    STRATEGY("GradientNoise", "strategy", "deviation: 0.1"),
    MODEL("WordAverage", "model", "width: 8");

    final String file;
    private final String key;
    private final String settings;

    Component(String type, String key, String settings) {
      this.file = type + ".java";
      this.key = key;
      this.settings = "{type: " + type + ", " + settings + "}";
    }

    /** Returns the settings if the key of the component is given, otherwise the default value. */
    String at(String key, String defaultValue) {
      return key.equals(this.key) ? settings : defaultValue;
    }

    /** Returns the name of the first setting. */
    String setting() {
      return settings.split("[,:] ")[2];
    }
  }

  @BeforeEach
  void writeData() throws IOException {
    Files.writeString(data.resolve("train.tsv"), table(60, 0));
    Files.writeString(data.resolve("dev.tsv"), table(12, 7));
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "CALLBACK")
  void componentInOneFileChangesTheResult(Component component) throws IOException {
    Path with = train(withComponent(component), 2, "with");
    Path without = train(runFile("plain.yaml", runFileText("[]", null)), 2, "without");

    assertThat(hash(with)).isNotEqualTo(hash(without));
  }

  @Test
  void callbackInOneFileIsCalledAtEachStep() throws IOException {
    Path run = train(withComponent(Component.CALLBACK), 2, "run");

    assertThat(run.resolve("steps.txt")).hasContent("1\n2\n3\n4\n5\n6\n7\n8\n");
  }

  @Test
  void changedCodeIsReported() throws IOException {
    Path run = train(withComponent(Component.MODEL), 1, "run");
    Path source = folder.resolve(Component.MODEL.file);
    Files.writeString(source, Files.readString(source) + "// changed\n");

    run("evaluate", run.toString());
    assertThat(terminal.err()).contains("WordAverage.java has changed", "0 lines removed, 1 added");
    Terminal resuming = new Terminal();
    resuming.run("train", run.toString(), "--set", "training.epochs=2");
    assertThat(resuming.err()).contains("WordAverage.java has changed");
    Terminal replacing = new Terminal();
    replacing.run("train", run.toString(), "--set", "classpath=[" + source + "]");
    Terminal after = new Terminal();
    after.run("evaluate", run.toString());
    assertThat(after.err()).doesNotContain("has changed");
  }

  @ParameterizedTest
  @EnumSource
  void misspelledSettingSuggestsTheNearest(Component component) throws IOException {
    Path runFile = withComponent(component);
    String setting = component.setting();
    String misspelled = setting.substring(0, setting.length() - 1);
    Files.writeString(runFile, Files.readString(runFile).replace(setting + ":", misspelled + ":"));

    int code = terminal.run("train", runFile.toString(), "--output", output("run"));

    assertThat(code).isEqualTo(ExitCode.INVALID_REQUEST);
    assertThat(terminal.err())
        .contains(misspelled)
        .contains("did you mean \"" + setting + "\"?")
        .doesNotContain("\tat ");
    assertThat(folder.resolve("run")).doesNotExist();
  }

  @ParameterizedTest
  @EnumSource
  void resumedRunEqualsAnUninterruptedRun(Component component) throws IOException {
    Path runFile = withComponent(component);
    Path straight = train(runFile, 2, "straight");
    Path stopped = train(runFile, 1, "stopped");
    assertThat(hash(stopped)).isNotEqualTo(hash(straight));

    run("train", stopped.toString(), "--set", "training.epochs=2");

    assertThat(hash(stopped)).isEqualTo(hash(straight));
  }

  /** Copies the file of a component to the folder and writes a run file that uses it. */
  private Path withComponent(Component component) throws IOException {
    if (component == Component.STRATEGY) {
      Files.copy(
          StrategyExamplesTest.EXAMPLES.resolve(component.file), folder.resolve(component.file));
    } else {
      try (InputStream source =
          OneFileTest.class.getResourceAsStream("/onefile/" + component.file)) {
        Files.copy(Objects.requireNonNull(source), folder.resolve(component.file));
      }
    }
    return runFile("component.yaml", runFileText("[" + component.file + "]", component));
  }

  private Path runFile(String name, String text) throws IOException {
    return Files.writeString(folder.resolve(name), text);
  }

  private String runFileText(String classpath, Component component) {
    return """
        name: one-file
        device: cpu
        classpath: %s
        model: %s
        data: %s
        %s
        training:
          batchSize: 16
          optimizer: %s
          schedule: %s
        strategy: %s
        callbacks: [%s]
        """
        .formatted(
            classpath,
            at(
                component,
                "model",
                "{type: transformer, width: 16, layers: 1, heads: 2, maxLength: 8, attention: "
                    + at(component, "attention", "multi-head")
                    + "}"),
            at(
                component,
                "data",
                "{type: text-classification, train: {path: '%s'}, validation: {path: '%s'}}"
                    .formatted(data.resolve("train.tsv"), data.resolve("dev.tsv"))),
            at(component, "loss", "").isEmpty() ? "" : "loss: " + at(component, "loss", ""),
            at(component, "optimizer", "adamw"),
            at(component, "schedule", "constant"),
            at(component, "strategy", "standard"),
            at(component, "callback", ""));
  }

  private static String at(Component component, String key, String defaultValue) {
    return component == null ? defaultValue : component.at(key, defaultValue);
  }

  private Path train(Path runFile, int epochs, String output) {
    String set = "training.epochs=" + epochs;
    run("train", runFile.toString(), "--set", set, "--output", output(output));
    return folder.resolve(output);
  }

  private void run(String... arguments) {
    assertThat(terminal.run(arguments)).as(terminal.err()).isEqualTo(ExitCode.SUCCESS);
  }

  private String output(String name) {
    return folder.resolve(name).toString();
  }

  private static String hash(Path run) throws IOException {
    return new JsonMapper()
        .readTree(run.resolve("summary.json").toFile())
        .required("modelHash")
        .asText();
  }

  private static String table(int rows, int from) {
    Stream<String> lines =
        IntStream.range(from, from + rows)
            .mapToObj(
                row -> {
                  String[] words = row % 2 == 0 ? GOOD : BAD;
                  return "a %s and %s day %d\t%s"
                      .formatted(
                          words[row % 5], words[row / 5 % 5], row % 3, row % 2 == 0 ? "yes" : "no");
                });
    return "text\tlabel\n" + lines.collect(Collectors.joining("\n")) + "\n";
  }
}
