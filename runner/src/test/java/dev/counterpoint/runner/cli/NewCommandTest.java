package dev.counterpoint.runner.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.counterpoint.core.internal.storage.AtomicFile;
import dev.counterpoint.core.model.FeedForward;
import dev.counterpoint.models.transformer.TransformerConfig;
import dev.counterpoint.runner.cli.option.ExitCode;
import dev.counterpoint.runner.scaffold.Part;
import dev.counterpoint.runner.wiring.Run;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class NewCommandTest {
  private static final String NAMES = "builtin:languages/validation";

  /** Settings that make an experiment small. */
  private static final Map<String, List<String>> SMALL =
      Map.of(
          "sentiment",
          List.of("model.width=8", "model.layers=1", "model.maxLength=8", "training.batchSize=4"),
          "languages",
          List.of("model.width=8", "model.maxLength=8", "data.train.path=" + NAMES),
          "text-generation",
          List.of(
              "model.architecture.width=8",
              "model.architecture.layers=1",
              "model.architecture.maxLength=8",
              "data.train.path=" + NAMES));

  /** The hash of the model of an experiment after two steps. */
  private static final Map<String, String> BUILT_IN = new HashMap<>();

  @TempDir private Path folder;
  private final Terminal terminal = new Terminal();

  @ParameterizedTest
  @CsvSource({
    "sentiment, model",
    "sentiment, attention",
    "sentiment, feed-forward",
    "sentiment, norm",
    "sentiment, positions",
    "sentiment, pooling",
    "sentiment, initializer",
    "sentiment, embedding",
    "sentiment, head",
    "sentiment, loss",
    "sentiment, optimizer",
    "sentiment, schedule",
    "languages, loss",
    "text-generation, loss",
    "penguins, model",
    "digits, model",
  })
  void copiedPartGivesTheSameModel(String experiment, String part) throws IOException {
    create("mine", "--from", experiment, "--eject", part);

    assertThat(train(folder.resolve("mine").toString(), experiment, "own"))
        .isEqualTo(builtIn(experiment));
  }

  @Test
  void allPartsTogetherGiveTheSameModel() throws IOException {
    List<String> options = new ArrayList<>();
    for (Part part : Part.values()) {
      options.addAll(List.of("--eject", part.toString()));
    }
    create("my-own", options.toArray(String[]::new));

    assertThat(train(folder.resolve("my-own").toString(), "sentiment", "own"))
        .isEqualTo(builtIn("sentiment"));
    assertThat(folder.resolve("my-own/MyOwnFeedForward.java")).exists();
  }

  @Test
  void editedCopyChangesTheModel() throws IOException {
    create("mine", "--eject", "feed-forward");
    Path source = folder.resolve("mine/MineFeedForward.java");
    String text = Files.readString(source);
    Files.writeString(
        source, text.replace("return apply(x, up, activation, down);", "return x.mul(0.5f);"));

    assertThat(Files.readString(source)).isNotEqualTo(text);
    assertThat(train(folder.resolve("mine").toString(), "sentiment", "own"))
        .isNotEqualTo(builtIn("sentiment"));
  }

  @Test
  void folderIsSelfContained() throws IOException {
    create("plain");

    assertThat(folder.resolve("plain")).isDirectoryContaining("glob:**/run.yaml");
    assertThat(folder.resolve("plain/run.yaml"))
        .content()
        .contains("name: plain\n")
        .doesNotContain("train sentiment");
    assertThat(folder.resolve("plain/README.md"))
        .content()
        .contains("train " + folder.resolve("plain"), "evaluate RUN_DIR", "serve RUN_DIR");
    assertThat(terminal.out()).contains("README.md", "train " + folder.resolve("plain"));
    assertThat(terminal.run("plan", folder.resolve("plain").toString(), "--no-timing"))
        .as(terminal.err())
        .isEqualTo(ExitCode.SUCCESS);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "mine --from sentimant|sentiment",
        "mine --eject feedforward|feed-forward",
        "mine --from sentiment-bert --eject attention|loss, optimizer, schedule",
        "mine --from sentiment-bert --eject model|loss, optimizer, schedule",
        "mine --from question-answering --eject loss|optimizer, schedule",
        "8mine|letter",
        "absent/mine|absent",
        "layer --eject norm|choose another",
        "existing|exists"
      })
  void invalidRequestIsRejectedAndNothingIsWritten(String request) throws IOException {
    Files.createDirectory(folder.resolve("existing"));
    String[] parts = request.split("\\|");
    String[] words = ("new " + folder + "/" + parts[0]).split(" ");

    assertThat(terminal.run(words)).isEqualTo(ExitCode.INVALID_REQUEST);

    assertThat(terminal.err()).contains(parts[1]);
    assertThat(folder).isDirectoryNotContaining(it -> !it.endsWith("existing"));
    assertThat(folder.resolve("existing")).isEmptyDirectory();
  }

  @Test
  void numberIsTheFirstSettingOfTheDefaultFeedForwardLayer() throws IOException {
    Run.Request request =
        new Run.Request("sentiment", List.of("model.feedForward=8"), List.of(), null);

    TransformerConfig model = (TransformerConfig) Run.of(request).file().model();

    assertThat(model.feedForward()).isEqualTo(new FeedForward.Config(8));
  }

  private void create(String name, String... options) {
    List<String> words = new ArrayList<>(List.of("new", folder.resolve(name).toString()));
    words.addAll(List.of(options));
    run(words);
  }

  private String builtIn(String experiment) throws IOException {
    String hash = BUILT_IN.get(experiment);
    if (hash == null) {
      hash = train(experiment, experiment, "built-in");
      BUILT_IN.put(experiment, hash);
    }
    return hash;
  }

  /** Trains two steps and returns the hash of the model. */
  private String train(String run, String experiment, String output) throws IOException {
    Path directory = folder.resolve(output);
    List<String> words = new ArrayList<>(List.of("train", run, "--output", directory.toString()));
    List<String> sets = new ArrayList<>(List.of("training.maxSteps=2", "device=cpu"));
    sets.addAll(SMALL.getOrDefault(experiment, List.of()));
    sets.forEach(set -> words.addAll(List.of("--set", set)));
    run(words);
    return AtomicFile.readJson(directory.resolve("summary.json")).path("modelHash").asText();
  }

  private void run(List<String> words) {
    int code = terminal.run(words.toArray(String[]::new));
    assertThat(code).as(terminal.err()).isEqualTo(ExitCode.SUCCESS);
  }
}
