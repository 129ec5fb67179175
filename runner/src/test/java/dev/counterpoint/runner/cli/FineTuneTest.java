package dev.counterpoint.runner.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** From a run to a folder that Hugging Face reads, and from such a folder to a run. */
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
  void aRunLeavesAFolderOfHuggingFacesFromWhichAnotherBegins() throws IOException {
    assertThat(train("first", "model.architecture.width=16", "model.architecture.heads=2"))
        .isEqualTo(ExitCode.DONE);
    Path model = folder.resolve("first/model");
    JsonNode config = new ObjectMapper().readTree(model.resolve("config.json").toFile());
    assertThat(config.path("model_type").asText()).isEqualTo("bert");
    assertThat(config.path("hidden_size").asInt()).isEqualTo(16);
    assertThat(config.at("/id2label/1").asText()).isEqualTo("good");

    assertThat(train("second", "model.from=" + model, "training.optimizer.learningRate=1e-9"))
        .isEqualTo(ExitCode.DONE);
    assertThat(Files.readString(folder.resolve("second/run.yaml")))
        .contains("width: 16")
        .contains("from: ");
    assertThat(predict("second")).isEqualTo(predict("first")).startsWith("good\t");
    assertThat(Files.readAllBytes(folder.resolve("second/model/tokenizer.json")))
        .isEqualTo(Files.readAllBytes(model.resolve("tokenizer.json")));
  }

  @Test
  void whatIsNoFolderOfAModelIsRefusedBeforeAnythingIsWritten() {
    assertThat(train("run", "model.from=" + folder)).isEqualTo(ExitCode.REQUEST_WRONG);

    assertThat(terminal.err()).contains("has no config.json").doesNotContain("\tat ");
    assertThat(folder.resolve("run")).doesNotExist();
  }

  @Test
  void aModelWithoutItsTokenizerIsRefused() throws IOException {
    train("first", "model.architecture.width=16", "model.architecture.heads=2");
    Path model = folder.resolve("first/model");
    Files.delete(model.resolve("tokenizer.json"));

    assertThat(train("second", "model.from=" + model)).isEqualTo(ExitCode.REQUEST_WRONG);
    assertThat(terminal.err())
        .contains(model + " is a folder without tokenizer.json")
        .contains("data.tokenizer.path");
    assertThat(folder.resolve("second")).doesNotExist();
  }

  @Test
  void whatIsAskedIsCutWhereTheItemsOfTheTrainingWere() {
    String text = "a good film a good film a good film";
    train("long", "model.architecture.width=16", "model.architecture.heads=2");
    train("short", "model.architecture.width=16", "model.architecture.heads=2", "data.maxLength=5");

    assertThat(ask("long", text)).doesNotContain("truncated");
    assertThat(ask("short", text)).contains("\"truncated\":true");
    assertThat(ask("short", "a good film")).doesNotContain("truncated");
  }

  @Test
  void aCallbackThatGoesByValidationsIsRefusedWhereThereAreNone() {
    for (String callback : List.of("early-stop", "best-model")) {
      assertThat(train("run", "data.validation=null", "callbacks=[{type: " + callback + "}]"))
          .isEqualTo(ExitCode.REQUEST_WRONG);
      assertThat(terminal.err())
          .contains("A callback monitors the validation metric \"loss\", but there is no")
          .contains("data.validation.path");
    }
  }

  @Test
  void anAdapterIsTrainedAndOpensWithItsBase() throws IOException {
    train("base", "model.architecture.width=16", "model.architecture.heads=2");
    Path base = folder.resolve("base/model");
    assertThat(adapt("run", base, "training.epochs=3")).isEqualTo(ExitCode.DONE);

    assertThat(terminal.err()).contains("parameters, ").contains(" of them trained, on cpu");
    Path model = folder.resolve("run/model");
    assertThat(model.resolve("adapter_model.safetensors")).isRegularFile();
    assertThat(model.resolve("model.safetensors")).doesNotExist();
    JsonNode config = new ObjectMapper().readTree(model.resolve("adapter_config.json").toFile());
    assertThat(config.path("base_model_name_or_path").asText()).isEqualTo(base.toString());
    String told = predict("run");
    assertThat(told).startsWith("good\t").isNotEqualTo(predict("base"));

    Path whole = folder.resolve("whole");
    assertThat(
            terminal.run("merge", folder.resolve("run").toString(), "--output", whole.toString()))
        .isEqualTo(ExitCode.DONE);
    assertThat(whole.resolve("tokenizer.json")).isRegularFile();
    assertThat(whole.resolve("adapter_model.safetensors")).doesNotExist();
    assertThat(predict("whole")).isEqualTo(told);
  }

  @Test
  void anAdapterMayBeMergedAtTheEnd() throws IOException {
    train("base", "model.architecture.width=16", "model.architecture.heads=2");
    adapt("run", folder.resolve("base/model"));
    adapt("merged", folder.resolve("base/model"), "model.lora.merge=true");

    assertThat(folder.resolve("merged/model/model.safetensors")).isRegularFile();
    assertThat(folder.resolve("merged/model/adapter_model.safetensors")).doesNotExist();
    assertThat(predict("merged")).isEqualTo(predict("run"));
    for (String run : List.of("run", "merged")) {
      assertThat(terminal.run("evaluate", folder.resolve(run).toString(), "--json"))
          .isEqualTo(ExitCode.DONE);
    }
  }

  @Test
  void anAdapterGoesOnFromAnother() throws IOException {
    train("base", "model.architecture.width=16", "model.architecture.heads=2");
    adapt("first", folder.resolve("base/model"));

    assertThat(
            train(
                "second",
                "model.from=" + folder.resolve("first/model"),
                "training.optimizer.learningRate=1e-9"))
        .isEqualTo(ExitCode.DONE);
    assertThat(Files.readString(folder.resolve("second/run.yaml"))).contains("rank: 2");
    assertThat(predict("second")).isEqualTo(predict("first"));
  }

  @Test
  void aRunWithAnAdapterAndBlocksThatAreComputedAgainGoesOnToTheSameBits() throws IOException {
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
        .isEqualTo(ExitCode.DONE);

    assertThat(hash("cut")).isEqualTo(hash("whole"));
  }

  @Test
  void withoutItsBaseAnAdapterIsRefusedWithThePathOfThat() throws IOException {
    train("base", "model.architecture.width=16", "model.architecture.heads=2");
    Path base = folder.resolve("base/model");
    adapt("run", base);
    Files.move(base, folder.resolve("away"));

    assertThat(terminal.run("predict", folder.resolve("run").toString(), "--text", "a"))
        .isEqualTo(ExitCode.REQUEST_WRONG);
    assertThat(terminal.err()).contains("needs the model that it adapts").contains(base.toString());
    assertThat(terminal.run("evaluate", folder.resolve("run").toString())).isEqualTo(ExitCode.DONE);
    assertThat(terminal.err()).contains("What the adapter adapts is gone; this is the checkpoint");
  }

  @Test
  void layersThatTheModelHasNotAreRefusedBeforeAnythingIsWritten() throws IOException {
    train("base", "model.architecture.width=16", "model.architecture.heads=2");

    assertThat(adapt("run", folder.resolve("base/model"), "model.lora.targets=[q_proj]"))
        .isEqualTo(ExitCode.REQUEST_WRONG);
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
    Terminal asked = new Terminal();
    asked.run("predict", folder.resolve(run).toString(), "--text", "a good film");
    return asked.out();
  }

  private String ask(String run, String text) {
    Terminal asked = new Terminal();
    asked.run("predict", folder.resolve(run).toString(), "--json", "--text", text);
    return asked.out();
  }
}
