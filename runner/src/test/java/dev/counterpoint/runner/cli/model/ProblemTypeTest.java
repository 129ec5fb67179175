package dev.counterpoint.runner.cli.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.checkpoint.FolderChecksums;
import dev.counterpoint.runner.cli.Terminal;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code problem_type} of classifiers that are trained with another loss than cross-entropy. */
class ProblemTypeTest {
  private static final JsonMapper JSON = new JsonMapper();
  private static final String TEXT = "a good film";
  private static final String PYTHON = "COUNTERPOINT_PYTHON";

  /** Text classification with one number per label. */
  private static final String DATA =
      """
      import dev.counterpoint.core.data.*;
      import dev.counterpoint.core.data.source.*;
      import java.io.IOException;
      import java.util.*;

      public record Topics(DataSource rows) implements DataSource {
        public DataSplits open(DataContext context) throws IOException {
          DataSplits data = rows.open(context);
          int labels = data.spec().labels().size();
          Map<String, Dataset> splits = new LinkedHashMap<>();
          data.splits().forEach((name, split) -> splits.put(name, topics(split, labels)));
          return new DataSplits(data.spec().predicting(null), splits, List.of(),
              data.fingerprint(), data.files(), List.of(), Samples.none(), null);
        }

        private static Dataset topics(Dataset split, int labels) {
          return new Dataset() {
            public long size() {
              return split.size();
            }

            public HostBatch collate(long[] indices) {
              HostBatch batch = split.collate(indices);
              float[] targets = new float[indices.length * labels];
              for (int i = 0; i < indices.length; i++) {
                targets[i * labels + (int) batch.tensors().get("labels").longs()[i]] = 1;
              }
              Map<String, HostTensor> tensors = new HashMap<>(batch.tensors());
              tensors.put("labels", HostTensor.of(targets, indices.length, labels));
              return HostBatch.of(indices.length, tensors);
            }
          };
        }
      }
      """;

  @TempDir static Path trained;
  @TempDir Path folder;

  private Terminal terminal = new Terminal();

  @BeforeAll
  static void train() throws IOException {
    Files.writeString(trained.resolve("Topics.java"), DATA);
    Files.writeString(
        trained.resolve("texts.tsv"),
        "text\tlabel\n" + "a good film\tgood\na bad film\tbad\nno film\tnone\n".repeat(8));
    for (String type : List.of("bert", "gpt2")) {
      for (String loss : List.of("binary-cross-entropy", "mean-squared-error", "huber")) {
        String small = "architecture: {width: 16, layers: 1, heads: 2}";
        Terminal terminal = new Terminal();
        assertThat(train(terminal, run(type, loss), type, small, loss)).as(terminal.err()).isZero();
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "bert, binary-cross-entropy, multi_label_classification",
    "gpt2, binary-cross-entropy, multi_label_classification",
    "bert, mean-squared-error, regression",
    "gpt2, huber, regression"
  })
  void configNamesTheProblemOfTheLoss(String type, String loss, String problem) throws IOException {
    assertThat(config(run(type, loss)).path("problem_type").textValue()).isEqualTo(problem);
  }

  @ParameterizedTest
  @CsvSource({"bert", "gpt2"})
  void outputsAreDecodedByTheLoss(String type) throws IOException {
    Path run = run(type, "binary-cross-entropy");
    JsonNode probabilities = predict(run).path("probabilities");
    Path copy = copy(run);
    ObjectNode config = config(copy);
    config.put("problem_type", "regression");
    ((ObjectNode) config.path("counterpoint")).put("output", "identity");
    JSON.writeValue(copy.resolve("model/config.json").toFile(), config);
    FolderChecksums.write(copy.resolve("model"));

    JsonNode values = predict(copy).path("values");

    assertThat(values.size()).isEqualTo(3);
    for (Map.Entry<String, JsonNode> value : values.properties()) {
      assertThat(probabilities.path(value.getKey()).doubleValue())
          .isCloseTo(1 / (1 + Math.exp(-value.getValue().doubleValue())), within(1e-6));
    }
  }

  @ParameterizedTest
  @CsvSource({"single_label_classification", "regression", "other"})
  void problemThatContradictsTheOutputIsRejected(String problem) throws IOException {
    Path copy = copy(run("bert", "binary-cross-entropy"));
    ObjectNode config = config(copy).put("problem_type", problem);
    JSON.writeValue(copy.resolve("model/config.json").toFile(), config);
    FolderChecksums.write(copy.resolve("model"));

    assertThat(terminal.run("predict", copy.toString(), "--text", TEXT)).isEqualTo(2);
    assertThat(terminal.err()).contains("config.json: problem_type is \"" + problem + "\"");
  }

  @ParameterizedTest
  @CsvSource({
    "bert, binary-cross-entropy, binary-cross-entropy",
    "gpt2, binary-cross-entropy, binary-cross-entropy",
    "bert, mean-squared-error, huber",
    "gpt2, huber, mean-squared-error"
  })
  void trainingContinuesWithALossOfTheSameKind(String type, String first, String loss)
      throws IOException {
    assertThat(tune(type, "from: " + run(type, first).resolve("model"), loss))
        .as(terminal.err())
        .isZero();
    assertThat(terminal.run("evaluate", tuned().toString(), "--split", "train"))
        .as(terminal.err())
        .isZero();
    assertThat(predict(tuned()).properties().stream().map(Map.Entry::getKey))
        .contains(loss.startsWith("binary") ? "probabilities" : "values");
  }

  @ParameterizedTest
  @CsvSource({
    "bert, binary-cross-entropy, cross-entropy",
    "gpt2, mean-squared-error, cross-entropy",
    "bert, huber, binary-cross-entropy",
    "gpt2, binary-cross-entropy, huber"
  })
  void trainingWithALossOfAnotherKindIsRejected(String type, String first, String loss) {
    Path model = run(type, first).resolve("model");

    assertThat(tune(type, "from: " + model, loss)).isEqualTo(2);
    assertThat(terminal.err())
        .contains(model.resolve("config.json") + ": problem_type is ", "loss", "model.newHead");
    assertThat(tuned()).doesNotExist();
  }

  @Test
  void newHeadIsTrainedWithAnyLoss() throws IOException {
    Path model = run("bert", "binary-cross-entropy").resolve("model");

    assertThat(tune("bert", "newHead: true, from: " + model, "huber")).as(terminal.err()).isZero();
    assertThat(config(tuned()).path("problem_type").textValue()).isEqualTo("regression");
  }

  @Test
  void adapterKeepsTheProblemOfItsOwnLoss() throws IOException {
    Path base = run("bert", "binary-cross-entropy").resolve("model");
    assertThat(tune("bert", "lora: {rank: 2}, from: " + base, "binary-cross-entropy"))
        .as(terminal.err())
        .isZero();
    Path adapter = tuned().resolve("model");
    assertThat(predict(tuned()).path("labels").isArray()).isTrue();

    terminal = new Terminal();
    Path output = folder.resolve("another");
    assertThat(train(terminal, output, "bert", "from: " + adapter, "huber")).isEqualTo(2);
    assertThat(terminal.err()).contains("counterpoint.json: problem_type is ");
    assertThat(train(terminal, output, "bert", "from: " + adapter, "binary-cross-entropy"))
        .as(terminal.err())
        .isZero();
  }

  @Test
  void predictionsEqualThePipelineOfTransformers() throws Exception {
    assumeTrue(System.getenv(PYTHON) != null, PYTHON + " is not set");
    List<String> command = new ArrayList<>(List.of(System.getenv(PYTHON), "-c"));
    command.add(
        """
        import json, sys
        from transformers import pipeline
        for folder in sys.argv[2:]:
            classify = pipeline("text-classification", model=folder, top_k=None)
            print(json.dumps({it["label"]: float(it["score"]) for it in classify([sys.argv[1]])[0]}))
        """);
    command.add(TEXT);
    List<JsonNode> ours = new ArrayList<>();
    for (String type : List.of("bert", "gpt2")) {
      for (String loss : List.of("binary-cross-entropy", "mean-squared-error", "huber")) {
        JsonNode prediction = predict(run(type, loss));
        ours.add(prediction.path(loss.startsWith("binary") ? "probabilities" : "values"));
        command.add(run(type, loss).resolve("model").toString());
      }
    }
    Process python =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
    List<String> theirs =
        new String(python.getInputStream().readAllBytes(), StandardCharsets.UTF_8).lines().toList();

    assertThat(theirs).hasSameSizeAs(ours);
    for (int i = 0; i < theirs.size(); i++) {
      Map<String, Double> scores = new HashMap<>();
      ours.get(i).properties().forEach(it -> scores.put(it.getKey(), it.getValue().asDouble()));
      JsonNode expected = JSON.readTree(theirs.get(i));
      assertThat(scores).hasSize(expected.size());
      scores.forEach(
          (label, score) ->
              assertThat(expected.path(label).doubleValue()).isCloseTo(score, within(1e-5)));
    }
  }

  private int tune(String type, String model, String loss) {
    return train(terminal, tuned(), type, model, loss);
  }

  private static int train(Terminal terminal, Path output, String type, String model, String loss) {
    return terminal.run(
        "train",
        yaml(output.resolveSibling(output.getFileName() + ".yaml"), type, model, loss),
        "--output",
        output.toString());
  }

  private static String yaml(Path file, String type, String model, String loss) {
    String rows = "{type: text-classification, train: {path: %s}}";
    try {
      return Files.writeString(
              file,
              """
              classpath: [%s]
              model: {type: %s, task: classification, %s}
              data: {type: Topics, rows: %s}
              loss: %s
              training: {epochs: 1, batchSize: 4, optimizer: {type: adam, learningRate: 0.01}}
              """
                  .formatted(
                      trained.resolve("Topics.java"),
                      type,
                      model,
                      rows.formatted(trained.resolve("texts.tsv")),
                      loss))
          .toString();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private static Path run(String type, String loss) {
    return trained.resolve(type + "-" + loss);
  }

  private Path tuned() {
    return folder.resolve("tuned");
  }

  private static ObjectNode config(Path run) throws IOException {
    return (ObjectNode) JSON.readTree(run.resolve("model/config.json").toFile());
  }

  private Path copy(Path run) throws IOException {
    Path copy = Files.createDirectories(folder.resolve("copy/model")).getParent();
    for (String file :
        List.of("config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json")) {
      Files.copy(run.resolve("model/" + file), copy.resolve("model/" + file));
    }
    return copy;
  }

  private static JsonNode predict(Path run) throws IOException {
    Terminal terminal = new Terminal();
    assertThat(terminal.run("predict", run.toString(), "--json", "--text", TEXT))
        .as(terminal.err())
        .isZero();
    return JSON.readTree(terminal.out());
  }
}
