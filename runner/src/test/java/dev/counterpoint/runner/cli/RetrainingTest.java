package dev.counterpoint.runner.cli;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.databind.JsonNode;
import dev.counterpoint.core.internal.storage.Json;
import dev.counterpoint.core.kernel.Torch;
import dev.counterpoint.core.safetensors.SafetensorsReader;
import dev.counterpoint.runner.cli.option.ExitCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs that start from the model of an earlier run. */
class RetrainingTest {
  private static final List<String> QUICK =
      List.of("--set", "training.maxSteps=3", "--set", "device=cpu");

  /** A learning rate that does not depend on the number of steps. */
  private static final String CONSTANT = "training.schedule.type=constant";

  @TempDir private Path folder;

  private String train(int exitCode, String run, String output, String... sets) {
    List<String> arguments = new ArrayList<>(List.of("train", run));
    arguments.addAll(List.of("--output", folder.resolve(output).toString()));
    arguments.addAll(QUICK);
    for (String set : sets) {
      arguments.addAll(List.of("--set", set));
    }
    Terminal terminal = new Terminal();
    assertThat(terminal.run(arguments.toArray(String[]::new)))
        .as(terminal.err())
        .isEqualTo(exitCode);
    return terminal.out() + terminal.err();
  }

  private String[] from(String run, String... more) {
    List<String> sets = new ArrayList<>(List.of("model.type=trained"));
    sets.add("model.from=" + folder.resolve(run));
    sets.addAll(List.of(more));
    return sets.toArray(String[]::new);
  }

  private String read(String file) throws IOException {
    return Files.readString(folder.resolve(file));
  }

  @Test
  void aTableModelKeepsItsWeightsAndStatistics() throws IOException {
    train(ExitCode.SUCCESS, "penguins", "first");
    // Without a learning rate, the weights at the end are those at the start.
    train(
        ExitCode.SUCCESS,
        "penguins",
        "second",
        from("first", "training.optimizer.learningRate=1.0e-30", "data.split.seed=5"));

    assertThat(read("second/model/columns.json")).isEqualTo(read("first/model/columns.json"));
    assertThat(read("second/model/config.json")).isEqualTo(read("first/model/config.json"));
    assertThat(folder.resolve("second/model/model.safetensors"))
        .hasSameBinaryContentAs(folder.resolve("first/model/model.safetensors"));
    assertThat(read("second/run.yaml")).contains("type: \"trained\"", "type: \"mlp\"");
  }

  @Test
  void aResumedRunGivesTheSameModel() throws IOException {
    train(ExitCode.SUCCESS, "penguins", "first");
    train(ExitCode.SUCCESS, "penguins", "whole", from("first", CONSTANT, "training.maxSteps=6"));
    train(ExitCode.SUCCESS, "penguins", "parts", from("first", CONSTANT));
    Terminal resumed = new Terminal();
    String parts = folder.resolve("parts").toString();
    assertThat(resumed.run("train", parts, "--set", "training.maxSteps=6"))
        .as(resumed.err())
        .isZero();

    assertThat(folder.resolve("parts/model/model.safetensors"))
        .hasSameBinaryContentAs(folder.resolve("whole/model/model.safetensors"));
  }

  @Test
  void aNewHeadHasTheLabelsOfTheNewData() throws IOException {
    Path texts = folder.resolve("texts.tsv");
    Files.writeString(texts, "text\tlabel\nA fine stove.\tred\nA poor stove.\tblue\n");
    train(ExitCode.SUCCESS, "sentiment", "first");
    String[] data = {"data.train.path=" + texts, "data.validation.path=" + texts};
    assertThat(
            train(
                ExitCode.INVALID_REQUEST, "sentiment", "refused", from("first", data[0], data[1])))
        .contains("red", "negative");
    train(
        ExitCode.SUCCESS,
        "sentiment",
        "second",
        from("first", data[0], data[1], "model.newHead=true"));

    assertThat(read("second/model/config.json")).contains("\"blue\"").doesNotContain("negative");
    assertThat(read("second/model/tokenizer.json")).isEqualTo(read("first/model/tokenizer.json"));
  }

  @Test
  void anImageModelKeepsItsNormalization() throws IOException {
    train(ExitCode.SUCCESS, "digits", "first");
    String[] images = {
      "data.train.images=builtin:digits/validation-images",
      "data.train.labels=builtin:digits/validation-labels"
    };
    train(ExitCode.SUCCESS, "digits", "second", from("first", images[0], images[1]));

    assertThat(read("second/model/config.json")).isEqualTo(read("first/model/config.json"));
  }

  @Test
  void aFolderWithoutModelIsRefused() {
    assertThat(train(ExitCode.INVALID_REQUEST, "penguins", "x", from("missing")))
        .contains("missing");
    assertThat(folder.resolve("x")).doesNotExist();
  }

  @Test
  void aTableModelGetsANewTarget() throws IOException {
    train(ExitCode.SUCCESS, "penguins", "first", "data.columns.island=ignore");
    String[] island = {"model.newHead=true", "data.target=island", "training.maxSteps=1"};
    train(ExitCode.SUCCESS, "penguins", "second", from("first", island));
    JsonNode first = Json.MAPPER.readTree(read("first/model/columns.json"));
    JsonNode second = Json.MAPPER.readTree(read("second/model/columns.json"));

    assertThat(second.at("/target/labels"))
        .extracting(JsonNode::asText)
        .contains("Biscoe", "Dream", "Torgersen");
    assertThat(inputs(second)).isNotEmpty().isEqualTo(inputs(first));
    assertThat(
            train(
                ExitCode.INVALID_REQUEST,
                "penguins",
                "x",
                from("first", "model.newHead=true", "data.target=sex")))
        .contains("sex", "input");
    assertThat(folder.resolve("x")).doesNotExist();
  }

  private static List<JsonNode> inputs(JsonNode schema) {
    return StreamSupport.stream(schema.get("columns").spliterator(), false)
        .filter(column -> !column.get("type").asText().equals("IGNORE"))
        .toList();
  }

  @Test
  void aNewNumberHasItsOwnMeanAndDeviation() throws IOException {
    StringBuilder rows = new StringBuilder("x,price,rent,size\n");
    for (int i = 0; i < 40; i++) {
      rows.append("%s,0.%s,%s,%s\n".formatted(i * i % 17 + 0.5, 10 + i, 4000.5 + 25 * i, i % 2));
    }
    Path table = Files.writeString(folder.resolve("table.csv"), rows);
    List<String> data =
        List.of(
            "data.train.path=" + table,
            "data.columns={rent: ignore, size: ignore, price: ignore}",
            "data.split={validation: 0.2, by: random}");
    train(ExitCode.SUCCESS, "penguins", "first", with(data, "data.target=price"));
    String[] size = with(data, "data.target=size", "model.newHead=true");
    train(ExitCode.SUCCESS, "penguins", "class", from("first", size));
    String[] rent = with(data, "data.target=rent", "model.newHead=true");
    train(ExitCode.SUCCESS, "penguins", "number", from("class", rent));
    train(ExitCode.SUCCESS, "penguins", "second", from("first", rent));

    for (String run : List.of("number", "second")) {
      JsonNode target = Json.MAPPER.readTree(read(run + "/model/columns.json")).get("target");
      try (NDManager manager = Torch.newManager(Device.cpu());
          SafetensorsReader weights =
              SafetensorsReader.open(folder.resolve(run + "/model/model.safetensors"))) {
        NDArray means = manager.create(new float[1]);
        weights.read("output.means", means);
        assertThat(means.getFloat()).isEqualTo((float) target.at("/means/0").asDouble());
        assertThat(means.getFloat()).isGreaterThan(4000);
      }
    }
  }

  private static String[] with(List<String> sets, String... more) {
    return Stream.concat(sets.stream(), Stream.of(more)).toArray(String[]::new);
  }

  @Test
  void aPretrainedModelIsFineTunedAsItsOwnType() throws IOException {
    train(ExitCode.SUCCESS, "sentiment-bert", "first");
    train(ExitCode.SUCCESS, "sentiment-bert", "second", from("first"));

    assertThat(read("second/run.yaml")).contains("type: \"bert\"", "first/model");
  }
}
