package dev.counterpoint.runner.cli.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.checkpoint.FolderChecksums;
import dev.counterpoint.core.internal.storage.AtomicFile;
import dev.counterpoint.core.kernel.Torch;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.inference.Pipeline;
import dev.counterpoint.inference.golden.GoldenExamples;
import dev.counterpoint.runner.cli.Terminal;
import dev.counterpoint.runner.cli.option.ClassPathOption;
import dev.counterpoint.runner.cli.option.ExitCode;
import dev.counterpoint.serving.BatchLimits;
import dev.counterpoint.serving.ModelId;
import dev.counterpoint.serving.PredictionRequest;
import dev.counterpoint.serving.ProductionModelService;
import dev.counterpoint.serving.registry.FolderRegistry;
import dev.counterpoint.serving.registry.RegistryModels;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import picocli.CommandLine;

/** A model that predicts otherwise than after training is refused, although its files are whole. */
@Timeout(300)
final class GoldenExamplesTest {
  private static final String GOLDEN = "golden.json";
  private static final String RUN_FILE =
      """
      name: small
      device: cpu
      classpath: [Own.java]
      model: {type: Own, width: 8}
      data: {type: text-classification, train: {path: train.tsv}, validation: {path: other.tsv}}
      training: {epochs: 2, batchSize: 8}
      """;
  private static final String MODEL =
      """
      import ai.djl.ndarray.NDArray;
      import dev.counterpoint.core.data.*;
      import dev.counterpoint.core.loss.*;
      import dev.counterpoint.core.model.*;

      public final class Own extends BaseModel {
        private final Embedding words;
        private final Linear output;

        Own(Config config, DataSpec data) {
          words = new Embedding(data.vocabularySize(), config.width());
          output = new Linear(config.width(), data.labels().size());
        }

        public NDArray forward(Batch batch) {
          return output.forward(words.forward(batch.ids()).mean(new int[] {1})); // (batch, labels)
        }

        public Loss lossFunction() {
          return CrossEntropy.defaults();
        }

        public record Config(int width) implements ModelConfig {
          public BaseModel build(DataSpec data) {
            return new Own(this, data);
          }
        }
      }
      """;

  @TempDir private static Path trained;

  @TempDir private Path folder;
  private Path run = Path.of("");
  private Path model = Path.of("");

  private static int threadsBefore;

  /** All trainings and checks have as many threads as those of {@code serve}. */
  @BeforeAll
  static void train() throws IOException {
    threadsBefore = Torch.threads();
    int processors = Runtime.getRuntime().availableProcessors();
    Torch.setThreads(Math.max(1, processors / BatchLimits.defaults().threads()));
    Files.writeString(trained.resolve("Own.java"), MODEL);
    Files.writeString(trained.resolve("train.tsv"), rows(48));
    Files.writeString(trained.resolve("other.tsv"), rows(40));
    Files.writeString(trained.resolve("run.yaml"), RUN_FILE);
    train("run");
  }

  @AfterAll
  static void restoreThreads() {
    Torch.setThreads(threadsBefore);
  }

  private static String rows(int count) {
    return IntStream.range(0, count)
        .mapToObj(i -> "the Word %d is %s\t%s".formatted(i, i % 3, i % 2 == 0 ? "good" : "bad"))
        .collect(Collectors.joining("\n", "text\tlabel\n", "\n"));
  }

  private static void train(String output, String... sets) {
    List<String> arguments = new ArrayList<>(List.of("train", trained.resolve("run.yaml") + ""));
    arguments.addAll(List.of("--output", trained.resolve(output).toString()));
    Stream.of(sets).forEach(set -> arguments.addAll(List.of("--set", set)));
    run(ExitCode.SUCCESS, arguments.toArray(String[]::new));
  }

  private static String run(int exitCode, String... arguments) {
    Terminal terminal = new Terminal();
    assertThat(terminal.run(arguments)).as(terminal.out() + terminal.err()).isEqualTo(exitCode);
    return terminal.out() + terminal.err();
  }

  private void copyRun() throws IOException {
    run = folder.resolve("run");
    model = run.resolve("model");
    try (Stream<Path> files = Files.walk(trained.resolve("run"))) {
      for (Path file : files.toList()) {
        Files.copy(file, run.resolve(trained.resolve("run").relativize(file).toString()));
      }
    }
  }

  /** A change of a model folder, and what the message says about it. */
  private enum Change {
    WEIGHT("model.safetensors", "output"),
    VOCABULARY("tokenizer.json", "ids"),
    NORMALIZER("tokenizer.json", "ids"),
    SIGNATURE("signature.json", "prediction"),
    CODE("code of the model", "output");

    private final List<String> message;

    Change(String... message) {
      this.message = List.of(message);
    }

    void apply(Path run) throws IOException {
      Path model = run.resolve("model");
      switch (this) {
        case WEIGHT -> {
          byte[] bytes = Files.readAllBytes(model.resolve("model.safetensors"));
          bytes[bytes.length - 2] ^= 1;
          Files.write(model.resolve("model.safetensors"), bytes);
        }
        case VOCABULARY -> {
          ObjectNode tokenizer = AtomicFile.readJson(model.resolve("tokenizer.json"));
          ObjectNode vocabulary = (ObjectNode) tokenizer.path("model").path("vocab");
          JsonNode first = vocabulary.get("the");
          vocabulary.set("the", vocabulary.get("is"));
          vocabulary.set("is", first);
          AtomicFile.writeJson(model.resolve("tokenizer.json"), tokenizer);
        }
        case NORMALIZER -> {
          ObjectNode tokenizer = AtomicFile.readJson(model.resolve("tokenizer.json"));
          tokenizer.putNull("normalizer"); // "Word" is no longer in lower case
          AtomicFile.writeJson(model.resolve("tokenizer.json"), tokenizer);
        }
        case SIGNATURE -> {
          ObjectNode signature = AtomicFile.readJson(model.resolve("signature.json"));
          AtomicFile.writeJson(
              model.resolve("signature.json"), signature.put("decision", "sigmoid"));
        }
        case CODE -> {
          Path code = run.resolve("code/0/Own.java");
          Files.writeString(code, Files.readString(code).replace(".mean(", ".sum("));
        }
      }
      FolderChecksums.write(model);
    }
  }

  @ParameterizedTest
  @EnumSource(Change.class)
  void aChangedModelIsRefusedAndOnlyByItsExamples(Change change) throws IOException {
    copyRun();
    change.apply(run);

    run(ExitCode.SUCCESS, "predict", run.toString(), "--trust-code", "--text", "the word");
    assertThat(run(ExitCode.INVALID_REQUEST, "serve", run.toString(), "--trust-code"))
        .contains(" of 32 ")
        .contains(change.message)
        .doesNotContain("Serving");
    String registry = folder.resolve("registry").toString();
    assertThat(
            run(
                ExitCode.INVALID_REQUEST,
                "registry",
                "add",
                run.toString(),
                "--name",
                "small",
                "--trust-code",
                "--registry",
                registry))
        .contains(" of 32 ");
  }

  @ParameterizedTest
  @EnumSource(Change.class)
  void aChangedVersionIsRefusedAndTheEarlierOneServes(Change change) throws IOException {
    copyRun();
    FolderRegistry registry = new FolderRegistry(folder.resolve("registry"), "ann@host");
    registry.add("small", run);
    change.apply(run);
    registry.add("small", run);
    registry.setAlias(ModelId.parse("small@champion"), 1, null);
    SimpleMeterRegistry meters = new SimpleMeterRegistry();
    List<String> log = new ArrayList<>();
    Map<ModelId, BatchLimits> ids =
        Map.of(ModelId.parse("small"), new BatchLimits(8, 1_000, 100, 2));
    try (RegistryModels models =
        new RegistryModels(
            registry,
            RegistryModels.Selection.of(ids),
            GoldenExamplesTest::open,
            meters,
            log::add)) {
      registry.setAlias(ModelId.parse("small@champion"), 2, null);
      models.refresh();

      PredictionRequest request = PredictionRequest.ofTexts("small", "the word");
      assertThat(new ProductionModelService(models).predict(request).version()).isEqualTo(1);
      assertThat(log).singleElement().asString().contains("small is not changed", "golden example");
      assertThat(meters.get("counterpoint.check.failures").counter().count()).isEqualTo(1);
    }
    assertThat(
            run(
                ExitCode.RUN_FAILED,
                "registry",
                "verify",
                "--trust-code",
                "--registry",
                folder.resolve("registry").toString()))
        .contains("small/2: ")
        .doesNotContain("small/1: ");
  }

  private static Pipeline open(Path directory) throws IOException {
    ClassPathOption code = CommandLine.populateCommand(new ClassPathOption(), "--trust-code");
    return Pipeline.open(directory, TrainedModel.code(directory.resolve("model"), code), Path::of);
  }

  @Test
  void anotherNumberOfThreadsPassesWithinTheTolerance() throws IOException {
    copyRun();
    int threads = Torch.threads();
    Torch.setThreads(threads == 1 ? 2 : 1);
    try {
      assertThatCode(this::check).doesNotThrowAnyException();
      Change.CODE.apply(run);
      assertThatThrownBy(this::check)
          .isInstanceOf(InvalidSettings.class)
          .hasMessageContaining("threads");
    } finally {
      Torch.setThreads(threads);
    }
  }

  @Test
  void outputsAreBitEqualInTheSameEnvironmentAndCloseInAnother() throws IOException {
    copyRun();
    ObjectNode golden = AtomicFile.readJson(model.resolve(GOLDEN));
    ArrayNode outputs = (ArrayNode) golden.path("examples").path(3).path("alone");
    outputs.set(0, Math.nextUp(outputs.path(0).floatValue()));
    writeGolden(golden);
    assertThatThrownBy(this::check)
        .hasMessageContaining("golden example 4 of 32")
        .hasMessageContaining("code");

    ((ObjectNode) golden.path("environment")).put("cpu", "another one");
    writeGolden(golden);
    assertThatCode(this::check).doesNotThrowAnyException();

    outputs.set(0, outputs.path(0).floatValue() + 0.01f);
    writeGolden(golden);
    assertThatThrownBy(this::check)
        .hasMessageContaining("tolerance")
        .hasMessageContaining("another one");
  }

  private void writeGolden(ObjectNode golden) throws IOException {
    AtomicFile.writeJson(model.resolve(GOLDEN), golden);
    FolderChecksums.write(model);
  }

  private void check() throws IOException {
    try (Pipeline pipeline = open(run)) {
      GoldenExamples.check(pipeline);
    }
  }

  @Test
  void aTrainingWritesTheSameBytesAgain() throws IOException {
    train("again");

    assertThat(trained.resolve("again/model/" + GOLDEN))
        .hasSameBinaryContentAs(trained.resolve("run/model/" + GOLDEN));
  }

  @Test
  void withoutSamplesTheModelFolderHasNoTextOfTheData() throws IOException {
    train("private", "privacy.samples=false");

    String[] texts = rows(48).lines().skip(1).map(row -> row.split("\t")[0]).toArray(String[]::new);
    Path saved = trained.resolve("private/model");
    assertThat(AtomicFile.readJson(saved.resolve(GOLDEN)).path("examples")).hasSize(32);
    assertThat(AtomicFile.readJson(trained.resolve("run/model/" + GOLDEN)).toString())
        .contains(texts[3]);
    try (Stream<Path> files = Files.list(saved)) {
      for (Path file : files.toList()) {
        assertThat(new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1))
            .doesNotContainIgnoringCase(texts);
      }
    }
  }

  @Test
  void aModelWithoutExamplesIsAddedAndServed() throws IOException {
    copyRun();
    Files.delete(model.resolve(GOLDEN));
    FolderChecksums.write(model);
    String registry = folder.resolve("registry").toString();
    assertThat(
            run(
                ExitCode.SUCCESS,
                "registry",
                "add",
                run.toString(),
                "--name",
                "small",
                "--trust-code",
                "--registry",
                registry))
        .contains("small/1");
    assertThat(run(ExitCode.SUCCESS, "registry", "verify", "--trust-code", "--registry", registry))
        .contains("1 version");
  }
}
