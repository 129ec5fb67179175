package dev.counterpoint.runner.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.counterpoint.core.internal.storage.Json;
import dev.counterpoint.runner.cli.option.ExitCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs of masked language modeling, and a classifier that starts from one. */
class MaskedLanguageModelRunTest {
  @TempDir private Path folder;
  private String file = "";
  private String run = "";

  @BeforeEach
  void writeRun() throws IOException {
    Files.writeString(folder.resolve("text.txt"), "one two three four five six seven ".repeat(300));
    file =
        Files.writeString(
                folder.resolve("run.yaml"),
                """
                name: masks
                device: cpu
                model:
                  type: bert
                  task: language-model
                  architecture: {width: 32, layers: 1, heads: 2, intermediate: 64, maxLength: 16, dropout: 0, attentionDropout: 0, deviation: 0.2}
                data: {type: masked-language-model, train: {path: text.txt}}
                training: {epochs: 14, batchSize: 8, optimizer: {type: adamw, learningRate: 1.0e-2}}
                """)
            .toString();
    run = folder.resolve("run").toString();
  }

  private String command(String... arguments) {
    Terminal terminal = new Terminal();
    assertThat(terminal.run(arguments)).as(terminal.err()).isEqualTo(ExitCode.SUCCESS);
    return terminal.out();
  }

  @Test
  void aClassifierStartsFromAPretrainedModel() throws IOException {
    command("train", file, "--output", run);

    JsonNode values = Json.parse(command("evaluate", run, "--json"), JsonNode.class);
    assertThat(values.at("/validation/perplexity").asDouble()).isBetween(1.0, 3.0);
    assertThat(command("evaluate", run, "--data", folder + "/text.txt")).contains("perplexity");
    JsonNode config =
        Json.parse(Files.readString(folder.resolve("run/model/config.json")), JsonNode.class);
    assertThat(config.path("architectures").path(0).asText()).isEqualTo("BertForMaskedLM");
    assertThat(Files.readString(folder.resolve("run/model/signature.json")))
        .contains("masked-token");
    Terminal predict = new Terminal();
    assertThat(predict.run("predict", run, "--text", "one")).isEqualTo(ExitCode.INVALID_REQUEST);
    assertThat(predict.err()).contains("masked language model", "model.newHead");

    Path labelled = folder.resolve("texts.tsv");
    Files.writeString(labelled, "text\tlabel\n" + "one two\tlow\nsix seven\thigh\n".repeat(20));
    Files.writeString(
        folder.resolve("classifier.yaml"),
        """
        name: classifier
        device: cpu
        model: {type: bert, from: run/model, newHead: true}
        data: {type: text-classification, train: {path: texts.tsv}, validation: {path: texts.tsv}}
        training: {epochs: 5, batchSize: 8, optimizer: {type: adamw, learningRate: 1.0e-2}}
        """);
    command("train", folder.resolve("classifier.yaml").toString(), "--output", run + "2");
    assertThat(command("predict", run + "2", "--text", "six seven")).startsWith("high\t");
    assertThat(command("tokenize", run + "2", "six").lines().map(it -> it.split("\t")[2]))
        .containsExactly("[CLS]", "six", "[SEP]");
  }

  @Test
  void resumedAndDistributedRunsAreEqual() throws IOException {
    Interruption.assertResumes(file, folder);
    command("check", "equivalence", file, "--set", "training.epochs=1");
  }
}
