package dev.counterpoint.runner.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.counterpoint.runner.cli.option.ExitCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Trains a language model and generates text on the command line. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TextGenerationTest {
  private static final String CYCLE = "abcdefgh";

  @TempDir static Path folder;

  private final Terminal training = new Terminal();

  @BeforeAll
  void train() throws IOException {
    Path text = Files.writeString(folder.resolve("wheel.txt"), CYCLE.repeat(400));
    List<String> arguments = new ArrayList<>(List.of("train", "text-generation"));
    for (String set :
        List.of(
            "data.train.path=" + text,
            "data.validation=null",
            "model.architecture.width=32",
            "model.architecture.layers=1",
            "model.architecture.maxLength=24",
            "training.batchSize=8",
            "training.epochs=6",
            "training.optimizer.learningRate=1e-2")) {
      arguments.addAll(List.of("--set", set));
    }
    arguments.addAll(List.of("--output", folder.resolve("run").toString()));
    assertThat(training.run(arguments.toArray(String[]::new)))
        .as(training.err())
        .isEqualTo(ExitCode.SUCCESS);
  }

  @Test
  void trainingPrintsThePerplexityOfTheHeldOutText() {
    assertThat(training.out()).containsPattern("perplexity 1\\.[0-2]");
    assertThat(training.err()).contains("3,201 tokens");
  }

  @Test
  void promptIsContinued() {
    assertThat(generate("--prompt", "abc", "--max-tokens", "10")).isEqualTo("abcdefghabcde\n");
  }

  @Test
  void severalPromptsAreContinued() {
    assertThat(generate("--prompt", "abc", "--prompt", "defgh", "--max-tokens", "3"))
        .isEqualTo("abcdef\ndefghabc\n");
  }

  @Test
  void beamSearchAndSamplingContinueThePrompt() {
    assertThat(generate("--prompt", "abc", "--max-tokens", "5", "--beams", "3"))
        .isEqualTo("abcdefgh\n");
    assertThat(generate("--prompt", "abc", "--max-tokens", "5", "--temperature", "0.1"))
        .isEqualTo("abcdefgh\n");
  }

  @Test
  void generationStopsAtTheStopToken() {
    assertThat(generate("--prompt", "abc", "--stop", "f")).isEqualTo("abcdef\n");
  }

  @Test
  void invalidPromptsAndOptionsAreRejected() {
    assertRejected("\"<|endoftext|>\"", "--prompt", "");
    assertRejected("\"xyz\"", "--prompt", "a", "--stop", "xyz");
    assertRejected("10 tokens", "--prompt", "a", "--stop", "é");
    assertRejected("abcdefgh", "--prompt", CYCLE.repeat(4));
    assertRejected("24", "--prompt", CYCLE.repeat(3));
    assertRejected("--top-p 2", "--prompt", "a", "--top-p", "2");
  }

  @Test
  void reachingTheMaximumLengthIsReported() {
    Terminal terminal = new Terminal();

    run(terminal, "--prompt", "abc", "--max-tokens", "10000");
    assertThat(terminal.err()).contains("24 tokens");
  }

  @Test
  void unknownCharactersOfThePromptAreReported() {
    Terminal terminal = new Terminal();

    assertThat(run(terminal, "--prompt", "a☃bc", "--max-tokens", "1")).isEqualTo(ExitCode.SUCCESS);
    assertThat(terminal.err()).contains("\"☃\"");
  }

  @Test
  void adapterIsTrainedAndGeneratesText() {
    Path adapted = folder.resolve("adapted");
    Terminal terminal = new Terminal();
    int code =
        terminal.run(
            "train",
            "text-generation",
            "--set",
            "data.train.path=" + folder.resolve("wheel.txt"),
            "--set",
            "data.validation=null",
            "--set",
            "model.from=" + folder.resolve("run/model"),
            "--set",
            "model.lora.rank=2",
            "--set",
            "training.epochs=1",
            "--output",
            adapted.toString());
    assertThat(code).as(terminal.err()).isEqualTo(ExitCode.SUCCESS);
    assertThat(adapted.resolve("model/adapter_model.safetensors")).isRegularFile();
    assertThat(adapted.resolve("model/model.safetensors")).doesNotExist();

    for (List<String> options : List.of(List.<String>of(), List.of("--beams", "3"))) {
      List<String> arguments = new ArrayList<>(List.of("generate", adapted.toString()));
      arguments.addAll(List.of("--prompt", "abc", "--max-tokens", "5"));
      arguments.addAll(options);
      Terminal predicted = new Terminal();
      assertThat(predicted.run(arguments.toArray(String[]::new))).isEqualTo(ExitCode.SUCCESS);
      assertThat(predicted.out()).isEqualTo("abcdefgh\n");
    }
  }

  @Test
  void reportShowsGeneratedSamples() throws IOException {
    assertThat(Files.readString(folder.resolve("run/report.html")))
        .containsPattern("<p>[a-h]{12}<strong>[a-h]+</strong></p>")
        .contains("perplexity");
  }

  @Test
  void anotherTextIsEvaluated() throws IOException {
    Path text = Files.writeString(folder.resolve("other.txt"), CYCLE.repeat(20));
    Terminal terminal = new Terminal();

    int code =
        terminal.run("evaluate", folder.resolve("run").toString(), "--data", text.toString());

    assertThat(code).as(terminal.err()).isEqualTo(ExitCode.SUCCESS);
    assertThat(terminal.out()).startsWith("data (7 examples): loss ").contains("perplexity 1.");
    Files.writeString(text, "");
    Terminal empty = new Terminal();
    assertThat(empty.run("evaluate", folder.resolve("run").toString(), "--data", text.toString()))
        .isEqualTo(ExitCode.INVALID_REQUEST);
    assertThat(empty.err()).contains("other.txt");
  }

  @Test
  void missingFileIsRejected() {
    Terminal terminal = new Terminal();
    int code = terminal.run("train", "text-generation", "--set", "data.train.path=absent.txt");

    assertThat(code).isEqualTo(ExitCode.INVALID_REQUEST);
    assertThat(terminal.err()).contains("absent.txt");
  }

  private static String generate(String... options) {
    Terminal terminal = new Terminal();
    assertThat(run(terminal, options)).as(terminal.err()).isEqualTo(ExitCode.SUCCESS);
    return terminal.out();
  }

  private static void assertRejected(String fragment, String... options) {
    Terminal terminal = new Terminal();
    assertThat(run(terminal, options)).isEqualTo(ExitCode.INVALID_REQUEST);
    assertThat(terminal.err()).contains(fragment).doesNotContain("\tat ");
  }

  private static int run(Terminal terminal, String... options) {
    List<String> arguments = new ArrayList<>(List.of("generate", folder.resolve("run").toString()));
    arguments.addAll(List.of(options));
    return terminal.run(arguments.toArray(String[]::new));
  }
}
