package dev.counterpoint.runner.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.counterpoint.core.internal.storage.Json;
import dev.counterpoint.inference.Pipeline;
import dev.counterpoint.runner.cli.option.ExitCode;
import dev.counterpoint.tasks.tokenclassification.Entity;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs of token classification, from the run file to predictions. */
class TokenClassificationRunTest {
  @TempDir private Path folder;
  private String file = "";
  private String run = "";

  @BeforeEach
  void writeRun() throws IOException {
    StringBuilder rows = new StringBuilder();
    for (String city : List.of("Rome", "Oslo", "Bern", "Lima")) {
      for (String person : List.of("Ann", "Bob", "Eve")) {
        rows.append(person).append("\tB-person\nLee\tI-person\nlives\tO\nin\tO\n");
        rows.append(city).append("\tB-city\n.\tO\n\t\n");
      }
    }
    Files.writeString(folder.resolve("train.conll"), rows);
    file =
        Files.writeString(
                folder.resolve("run.yaml"),
                """
                name: entities
                device: cpu
                model:
                  type: bert
                  task: token-classification
                  architecture: {width: 16, layers: 1, heads: 2, intermediate: 32, maxLength: 16, dropout: 0, deviation: 0.2}
                data:
                  type: token-classification
                  train: {path: train.conll}
                  validation: {path: train.conll}
                training: {epochs: 12, batchSize: 4, optimizer: {type: adamw, learningRate: 1.0e-2}}
                callbacks: [{type: best-model, metric: f1}]
                """)
            .toString();
    run = folder.resolve("run").toString();
  }

  private String command(int exitCode, String... arguments) {
    Terminal terminal = new Terminal();
    assertThat(terminal.run(arguments)).as(terminal.err()).isEqualTo(exitCode);
    return exitCode == ExitCode.SUCCESS ? terminal.out() : terminal.err();
  }

  @Test
  void entitiesAreTrainedEvaluatedAndPredicted() throws IOException {
    command(ExitCode.SUCCESS, "train", file, "--output", run);

    JsonNode values =
        Json.parse(command(ExitCode.SUCCESS, "evaluate", run, "--json"), JsonNode.class);
    assertThat(values.at("/validation/f1").asDouble()).isEqualTo(1);
    assertThat(values.at("/validation/f1.person").asDouble()).isEqualTo(1);
    assertThat(command(ExitCode.SUCCESS, "evaluate", run, "--data", folder + "/train.conll"))
        .contains("f1 1.0000")
        .containsPattern("city +1.0000 +1.0000 +1.0000 +12");
    String text = "Bob Lee lives in Rome.";
    assertThat(command(ExitCode.SUCCESS, "predict", run, "--text", text).lines())
        .satisfiesExactly(
            line -> assertThat(line).startsWith("person\t").endsWith("\t0-7\tBob Lee"),
            line -> assertThat(line).startsWith("city\t").endsWith("\t17-21\tRome"),
            line -> assertThat(line).isEmpty());
    assertThat(command(ExitCode.SUCCESS, "predict", run, "--words", "--text", text))
        .doesNotContain("\tRome\n");
    JsonNode object =
        Json.parse(
            command(ExitCode.SUCCESS, "predict", run, "--json", "--text", text), JsonNode.class);
    assertThat(object.at("/entities/1/type").asText()).isEqualTo("city");
    assertThat(object.at("/entities/1/start").asInt()).isEqualTo(17);
    try (Pipeline pipeline = Pipeline.open(Path.of(run))) {
      assertThat(pipeline.kind()).isEqualTo(Pipeline.Kind.ENTITIES);
      assertThat(pipeline.entities(List.of(text)).get(0))
          .extracting(Entity::text)
          .containsExactly("Bob Lee", "Rome");
    }
    JsonNode signature =
        Json.parse(Files.readString(folder.resolve("run/model/signature.json")), JsonNode.class);
    assertThat(signature.path("decision").asText()).isEqualTo("tokens");
    assertThat(signature.at("/outputs/0/categories/0").asText()).isEqualTo("O");
    JsonNode config =
        Json.parse(Files.readString(folder.resolve("run/model/config.json")), JsonNode.class);
    assertThat(config.path("architectures").path(0).asText())
        .isEqualTo("BertForTokenClassification");
    assertThat(config.at("/id2label/1").asText()).isEqualTo("B-city");
    assertThat(Files.readString(folder.resolve("run/report.html"))).contains("Ann Lee lives in");
  }

  @Test
  void aTrainedModelIsFineTunedForOtherTags() throws IOException {
    command(ExitCode.SUCCESS, "train", file, "--output", run, "--set", "training.epochs=1");
    Path other = folder.resolve("other.conll");
    Files.writeString(other, "Ann\tB-human\nlives\tO\n");
    List<String> tuned = new ArrayList<>(List.of("train", file, "--output", run + "2"));
    for (String set :
        List.of(
            "model.architecture=null",
            "model.from=" + run + "/model",
            "data.train.path=" + other,
            "data.validation=null",
            "callbacks=[]",
            "training.epochs=1")) {
      tuned.addAll(List.of("--set", set));
    }

    assertThat(command(ExitCode.INVALID_REQUEST, tuned.toArray(String[]::new))).contains("newHead");
    tuned.addAll(List.of("--set", "model.newHead=true"));
    command(ExitCode.SUCCESS, tuned.toArray(String[]::new));
  }

  @Test
  void aClassifierOfTextsIsRejected() {
    assertThat(
            command(
                ExitCode.INVALID_REQUEST,
                "train",
                file,
                "--output",
                run,
                "--set",
                "model.task=classification"))
        .contains("Use bert with model.task token-classification");
  }

  @Test
  void resumedAndDistributedRunsAreEqual() throws IOException {
    Interruption.assertResumes(file, folder);
    command(ExitCode.SUCCESS, "check", "equivalence", file, "--set", "training.epochs=1");
  }
}
