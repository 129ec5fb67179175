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
}
