package dev.counterpoint.runner.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.counterpoint.core.checkpoint.FolderChecksums;
import dev.counterpoint.inference.Pipeline;
import dev.counterpoint.inference.golden.GoldenExamples;
import dev.counterpoint.runner.cli.option.ExitCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Fine-tuning from a Hugging Face folder that a run has written. */
class FineTuneTest {
  @TempDir Path folder;

  private final Terminal terminal = new Terminal();

  @BeforeEach
  void writeTexts() throws IOException {
    Files.writeString(
        folder.resolve("texts.tsv"),
        "text\tlabel\n" + "a good film\tgood\na bad film\tbad\n".repeat(8));
  }

  @Test
  void runWritesAHuggingFaceFolderToFineTuneFrom() throws IOException {
    assertThat(train("first", "model.architecture.width=16", "model.architecture.heads=2"))
        .isEqualTo(ExitCode.SUCCESS);
    Path model = folder.resolve("first/model");
    JsonNode config = new ObjectMapper().readTree(model.resolve("config.json").toFile());
    assertThat(config.path("model_type").asText()).isEqualTo("bert");
    assertThat(config.path("hidden_size").asInt()).isEqualTo(16);
    assertThat(config.at("/id2label/1").asText()).isEqualTo("good");

    assertThat(train("second", "model.from=" + model, "training.optimizer.learningRate=1e-9"))
        .isEqualTo(ExitCode.SUCCESS);
    assertThat(Files.readString(folder.resolve("second/run.yaml")))
        .contains("width: 16")
        .contains("from: ");
    assertThat(predict("second")).isEqualTo(predict("first")).startsWith("good\t");
    assertThat(Files.readAllBytes(folder.resolve("second/model/tokenizer.json")))
        .isEqualTo(Files.readAllBytes(model.resolve("tokenizer.json")));
  }

  @Test
  void folderWithoutModelIsRejected() {
    assertThat(train("run", "model.from=" + folder)).isEqualTo(ExitCode.INVALID_REQUEST);

    assertThat(terminal.err()).contains("config.json").doesNotContain("\tat ");
    assertThat(folder.resolve("run")).doesNotExist();
  }

  @Test
  void modelWithoutTokenizerIsRejected() throws IOException {
    train("first", "model.architecture.width=16", "model.architecture.heads=2");
    Path model = folder.resolve("first/model");
    Files.delete(model.resolve("tokenizer.json"));

    assertThat(train("second", "model.from=" + model)).isEqualTo(ExitCode.INVALID_REQUEST);
    assertThat(terminal.err()).contains(model.toString(), "tokenizer.json", "data.tokenizer.path");
    assertThat(folder.resolve("second")).doesNotExist();
  }

  @Test
  void predictionTruncatesAtTheMaxLengthOfTraining() {
    String text = "a good film a good film a good film";
    train("long", "model.architecture.width=16", "model.architecture.heads=2");
    train("short", "model.architecture.width=16", "model.architecture.heads=2", "data.maxLength=5");

    assertThat(predictJson("long", text)).doesNotContain("truncated");
    assertThat(predictJson("short", text)).contains("\"truncated\":true");
    assertThat(predictJson("short", "a good film")).doesNotContain("truncated");
  }

  @Test
  void metricCallbackWithoutValidationIsRejected() {
    for (String callback : List.of("early-stop", "best-model")) {
      assertThat(train("run", "data.validation=null", "callbacks=[{type: " + callback + "}]"))
          .isEqualTo(ExitCode.INVALID_REQUEST);
      assertThat(terminal.err()).contains("\"loss\"", "data.validation.path");
    }
  }

  @Test
  void adapterIsTrainedAndLoadedWithItsBase() throws IOException {
    train("base", "model.architecture.width=16", "model.architecture.heads=2");
    Path base = folder.resolve("base/model");
    assertThat(adapt("run", base, "training.epochs=3")).isEqualTo(ExitCode.SUCCESS);

    assertThat(terminal.err()).containsPattern("[\\d,]+ parameters, [\\d,]+ .* on cpu");
    Path model = folder.resolve("run/model");
    assertThat(model.resolve("adapter_model.safetensors")).isRegularFile();
    assertThat(model.resolve("model.safetensors")).doesNotExist();
    JsonNode config = new ObjectMapper().readTree(model.resolve("adapter_config.json").toFile());
    assertThat(config.path("base_model_name_or_path").asText()).isEqualTo(base.toString());
    String prediction = predict("run");
    assertThat(prediction).startsWith("good\t").isNotEqualTo(predict("base"));

    Path full = folder.resolve("whole");
    assertThat(terminal.run("merge", folder.resolve("run").toString(), "--output", full.toString()))
        .isEqualTo(ExitCode.SUCCESS);
    assertThat(full.resolve("tokenizer.json")).isRegularFile();
    for (Path each : List.of(base, model, full)) { // Transformers needs them for pairs.
      assertThat(each.resolve("tokenizer_config.json")).content().contains("token_type_ids");
    }
    assertThat(full.resolve("adapter_model.safetensors")).doesNotExist();
    assertThat(predict("whole")).isEqualTo(prediction);
    for (Path each : List.of(model, full)) {
      assertThat(each.resolve("golden.json")).exists();
      try (Pipeline pipeline = Pipeline.open(each)) {
        assertThatCode(() -> GoldenExamples.check(pipeline)).doesNotThrowAnyException();
      }
    }
  }

  @Test
  void anAdapterWithOtherWeightsOfItsBaseIsRefused() throws IOException {
    train("base", "model.architecture.width=16", "model.architecture.heads=2");
    train("other", "model.architecture.width=16", "model.architecture.heads=2", "seed=5");
    Path base = folder.resolve("base/model");
    assertThat(adapt("run", base)).isEqualTo(ExitCode.SUCCESS);
    String run = folder.resolve("run").toString();
    Files.copy(
        folder.resolve("other/model/model.safetensors"),
        base.resolve("model.safetensors"),
        StandardCopyOption.REPLACE_EXISTING);
    FolderChecksums.write(base);

    for (String[] command : new String[][] {{"predict", run, "--text", "a"}, {"train", run}}) {
      assertThat(terminal.run(command)).isEqualTo(ExitCode.INVALID_REQUEST);
      assertThat(terminal.err()).contains(base.toString(), "Restore");
    }
  }

  @Test
  void adapterIsMergedAtTheEndIfConfigured() throws IOException {
    train("base", "model.architecture.width=16", "model.architecture.heads=2");
    adapt("run", folder.resolve("base/model"));
    adapt("merged", folder.resolve("base/model"), "model.lora.merge=true");

    assertThat(folder.resolve("merged/model/model.safetensors")).isRegularFile();
    assertThat(folder.resolve("merged/model/adapter_model.safetensors")).doesNotExist();
    assertThat(predict("merged")).isEqualTo(predict("run"));
    for (String run : List.of("run", "merged")) {
      assertThat(terminal.run("evaluate", folder.resolve(run).toString(), "--json"))
          .isEqualTo(ExitCode.SUCCESS);
    }
  }

  @Test
  void adapterIsInitializedFromAnotherAdapter() throws IOException {
    train("base", "model.architecture.width=16", "model.architecture.heads=2");
    adapt("first", folder.resolve("base/model"));

    assertThat(
            train(
                "second",
                "model.from=" + folder.resolve("first/model"),
                "training.optimizer.learningRate=1e-9"))
        .isEqualTo(ExitCode.SUCCESS);
    assertThat(Files.readString(folder.resolve("second/run.yaml"))).contains("rank: 2");
    assertThat(predict("second")).isEqualTo(predict("first"));
  }

  @Test
  void resumedAdapterRunWithActivationCheckpointingIsBitIdentical() throws IOException {
    train("base", "model.architecture.width=16", "model.architecture.heads=2");
    Path base = folder.resolve("base/model");
    String[] sets = {
      "model.activationCheckpointing=true",
      "model.lora.dropout=0.1",
      "training.batchSize=4",
      "training.schedule.type=constant",
      "training.schedule.warmup=0"
    };
    adapt("whole", base, sets);
    List<String> cut = new ArrayList<>(List.of(sets));
    cut.add("training.epochs=1");
    adapt("cut", base, cut.toArray(String[]::new));
    assertThat(
            terminal.run("train", folder.resolve("cut").toString(), "--set", "training.epochs=2"))
        .isEqualTo(ExitCode.SUCCESS);

    assertThat(hash("cut")).isEqualTo(hash("whole"));
  }

  @Test
  void adapterWithoutItsBaseIsRejectedWithTheBasePath() throws IOException {
    train("base", "model.architecture.width=16", "model.architecture.heads=2");
    Path base = folder.resolve("base/model");
    adapt("run", base);
    Files.move(base, folder.resolve("away"));

    assertThat(terminal.run("predict", folder.resolve("run").toString(), "--text", "a"))
        .isEqualTo(ExitCode.INVALID_REQUEST);
    assertThat(terminal.err()).contains(base.toString());
    assertThat(terminal.run("evaluate", folder.resolve("run").toString()))
        .isEqualTo(ExitCode.SUCCESS);
    assertThat(terminal.err()).contains("base model", "checkpoint of step");
  }

  @Test
  void unknownTargetLayersAreRejected() throws IOException {
    train("base", "model.architecture.width=16", "model.architecture.heads=2");

    assertThat(adapt("run", folder.resolve("base/model"), "model.lora.targets=[q_proj]"))
        .isEqualTo(ExitCode.INVALID_REQUEST);
    assertThat(terminal.err())
        .contains("model.lora.targets \"q_proj\"")
        .contains("classifier, dense, key, query, value");
    assertThat(folder.resolve("run")).doesNotExist();
  }

  private int adapt(String run, Path base, String... sets) {
    List<String> all =
        new ArrayList<>(
            List.of(
                "model.from=" + base, "model.lora.rank=2", "training.optimizer.learningRate=1e-2"));
    all.addAll(List.of(sets));
    return train(run, all.toArray(String[]::new));
  }

  private String hash(String run) throws IOException {
    return new ObjectMapper()
        .readTree(folder.resolve(run).resolve("summary.json").toFile())
        .path("modelHash")
        .asText();
  }

  private int train(String run, String... sets) {
    List<String> arguments = new ArrayList<>(List.of("train", "sentiment-bert"));
    List<String> all =
        new ArrayList<>(
            List.of(
                "data.train.path=" + folder.resolve("texts.tsv"),
                "data.validation.path=" + folder.resolve("texts.tsv"),
                "training.epochs=2"));
    all.addAll(List.of(sets));
    all.forEach(set -> arguments.addAll(List.of("--set", set)));
    arguments.addAll(List.of("--output", folder.resolve(run).toString()));
    return terminal.run(arguments.toArray(String[]::new));
  }

  private String predict(String run) {
    Terminal predicted = new Terminal();
    predicted.run("predict", folder.resolve(run).toString(), "--text", "a good film");
    return predicted.out();
  }

  private String predictJson(String run, String text) {
    Terminal predicted = new Terminal();
    predicted.run("predict", folder.resolve(run).toString(), "--json", "--text", text);
    return predicted.out();
  }
}
