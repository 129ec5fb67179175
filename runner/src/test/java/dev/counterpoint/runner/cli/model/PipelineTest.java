package dev.counterpoint.runner.cli.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.inference.ModelFolder;
import dev.counterpoint.inference.Pipeline;
import dev.counterpoint.runner.cli.Terminal;
import dev.counterpoint.tasks.textclassification.Prediction;
import dev.counterpoint.tasks.tokenizer.TextEncoder;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@link Pipeline} gives the predictions of the commands, in a program without the runner. */
@Timeout(120)
final class PipelineTest {
  private static final Path FIXTURES = Path.of("src/test/resources/fixtures");
  private static final List<String> TEXTS =
      List.of("a fine film", "the stove annoys me", "never again", "good");

  private final Terminal terminal = new Terminal();

  @TempDir private Path folder;

  @Test
  void labelsAreThoseOfPredict() throws IOException {
    try (Pipeline pipeline = Pipeline.open(FIXTURES.resolve("finished"))) {
      assertThat(pipeline.kind()).isEqualTo(Pipeline.Kind.LABELS);
      for (String text : TEXTS) {
        Prediction prediction = pipeline.classify(text);
        JsonNode expected = command("predict", "finished", "--json", "--text", text);

        assertThat(prediction.label()).isEqualTo(expected.path("label").textValue());
        assertThat(prediction.probability())
            .isCloseTo(expected.path("probability").doubleValue(), within(1e-6));
      }
    }
  }

  @Test
  void nullArgumentIsNamed() throws IOException {
    assertThatNullPointerException()
        .isThrownBy(() -> Pipeline.open(nothing()))
        .withMessage("directory");
    try (Pipeline pipeline = Pipeline.open(FIXTURES.resolve("finished"))) {
      Map<String, Runnable> calls =
          Map.of(
              "texts[0]", () -> pipeline.classify(PipelineTest.<String>nothing()),
              "texts[1]", () -> pipeline.texts(Arrays.asList("a", null)),
              "texts", () -> pipeline.texts(nothing()),
              "rows[0]", () -> pipeline.tokens(Arrays.asList((long[]) nothing())),
              "rows", () -> pipeline.rows(nothing()),
              "examples", () -> pipeline.outputs(nothing()),
              "prompt", () -> pipeline.generate(nothing()));
      calls.forEach(
          (name, call) ->
              assertThatNullPointerException().as(name).isThrownBy(call::run).withMessage(name));
    }
  }

  @Test
  void nullArgumentOfAModelFolderIsNamed() {
    assertThatNullPointerException()
        .isThrownBy(() -> ModelFolder.within(nothing()))
        .withMessage("directory");
    assertThatNullPointerException()
        .isThrownBy(() -> ModelFolder.load(folder, nothing(), Device.cpu(), name -> Path.of(name)))
        .withMessage("config");
  }

  @SuppressWarnings({"NullAway", "TypeParameterUnusedInFormals"}) // A caller without NullAway.
  private static <T> T nothing() {
    return null;
  }

  @Test
  void noExamplesHaveNoOutputs() throws IOException {
    try (Pipeline pipeline = Pipeline.open(FIXTURES.resolve("finished"))) {
      assertThat(pipeline.outputs(pipeline.texts(List.of())).floats()).isEmpty();
    }
  }

  @Test
  void tokenIdsGiveTheLabelsOfTheirText() throws IOException {
    try (Pipeline pipeline = Pipeline.open(FIXTURES.resolve("finished"))) {
      TextEncoder encoder = pipeline.encoder();
      long[] ids = encoder.ids(encoder.encodings(List.of(TEXTS.get(1)), null)[0]);

      assertThat(pipeline.classify(pipeline.tokens(List.of(ids))).get(0))
          .isEqualTo(pipeline.classify(TEXTS.get(1)));
    }
  }

  @Test
  void tokenIdsOutsideOfTheVocabularyAreRejected() throws IOException {
    try (Pipeline pipeline = Pipeline.open(FIXTURES.resolve("finished"))) {
      assertThatThrownBy(() -> pipeline.tokens(List.of(new long[] {1_000_000})))
          .isInstanceOf(InvalidSettings.class)
          .hasMessageContaining("1000000");
    }
  }

  @Test
  void severalThreadsGetTheSamePredictions() throws IOException {
    try (Pipeline pipeline = Pipeline.open(FIXTURES.resolve("finished"))) {
      List<Prediction> alone = TEXTS.stream().map(pipeline::classify).toList();

      List<Prediction> together =
          IntStream.range(0, 200)
              .parallel()
              .mapToObj(i -> pipeline.classify(TEXTS.get(i % TEXTS.size())))
              .toList();

      assertThat(together)
          .isEqualTo(
              Collections.nCopies(50, alone).stream()
                  .flatMap(List::stream)
                  .collect(Collectors.toList()));
    }
  }

  @Test
  void aLanguageModelContinuesTheTextOfGenerate() throws IOException {
    try (Pipeline pipeline = Pipeline.open(FIXTURES.resolve("generation"))) {
      String prompt = "The ";
      assertThat(pipeline.kind()).isEqualTo(Pipeline.Kind.TEXT);
      assertThat(terminal.run("generate", path("generation"), "--prompt", prompt)).isZero();

      assertThat(terminal.out().strip()).endsWith(pipeline.generate(prompt).strip());
    }
  }

  @Test
  void aMethodThatDoesNotFitTheModelIsRejected() throws IOException {
    try (Pipeline pipeline = Pipeline.open(FIXTURES.resolve("finished"))) {
      assertThatThrownBy(() -> pipeline.answer("Which?", "This one."))
          .isInstanceOf(InvalidSettings.class)
          .hasMessageContaining("labels")
          .hasMessageContaining("answers");
    }
  }

  @Test
  void noExamplesHaveNoPredictions() throws IOException {
    try (Pipeline pipeline = Pipeline.open(FIXTURES.resolve("finished"))) {
      assertThat(pipeline.classify(pipeline.texts(List.of()))).isEmpty();
    }
  }

  @Test
  void aClosedPipelineIsRejected() throws IOException {
    Pipeline pipeline = Pipeline.open(FIXTURES.resolve("finished"));
    pipeline.close();

    assertThatThrownBy(() -> pipeline.classify("a fine film"))
        .isInstanceOf(IllegalStateException.class);
  }

  @Test
  void aProgramNeedsNeitherTheRunnerNorGuiceNorPicocli() throws Exception {
    Files.writeString(
        folder.resolve("Ask.java"),
        """
        import dev.counterpoint.inference.Pipeline;
        import java.nio.file.Path;

        public final class Ask {
          public static void main(String[] arguments) throws Exception {
            try (Pipeline pipeline = Pipeline.open(Path.of(arguments[0]))) {
              System.out.println(pipeline.classify("a fine film").label());
            }
          }
        }
        """);
    String libraries =
        Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
            .filter(it -> !it.matches(".*(runner|strategies|guice|picocli|junit|test-classes).*"))
            .collect(Collectors.joining(File.pathSeparator));

    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                libraries,
                folder.resolve("Ask.java").toString(),
                FIXTURES.resolve("finished").toAbsolutePath().toString())
            .redirectError(folder.resolve("errors.txt").toFile())
            .start();
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

    assertThat(process.waitFor()).as(Files.readString(folder.resolve("errors.txt"))).isZero();
    assertThat(out.strip())
        .isEqualTo(
            command("predict", "finished", "--json", "--text", "a fine film")
                .path("label")
                .textValue());
  }

  private JsonNode command(String command, String fixture, String... arguments) throws IOException {
    Terminal own = new Terminal();
    String[] all =
        Stream.concat(Stream.of(command, path(fixture)), Arrays.stream(arguments))
            .toArray(String[]::new);
    assertThat(own.run(all)).as(own.err()).isZero();
    return new JsonMapper().readTree(own.out());
  }

  private static String path(String fixture) {
    return FIXTURES.resolve(fixture).toString();
  }
}
