package dev.counterpoint.runner.cli.model;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.counterpoint.core.checkpoint.FolderChecksums;
import dev.counterpoint.core.internal.storage.LocalDisk;
import dev.counterpoint.runner.cli.Folders;
import dev.counterpoint.runner.cli.Terminal;
import dev.counterpoint.runner.cli.option.ExitCode;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A model folder that was changed after it was saved is refused. */
final class IntegrityTest {
  /** The folder of the run, whose files name it. */
  @TempDir private static Path folder;

  @TempDir private static Path copies;
  private static Path run = Path.of("");
  private static Path model = Path.of("");
  private final Terminal terminal = new Terminal();

  @BeforeAll
  static void train() throws IOException {
    StringBuilder rows = new StringBuilder("text\tlabel\n");
    for (int i = 0; i < 40; i++) {
      rows.append(i % 4 == 0 ? "good good\tpositive\n" : "bad bad\tnegative\n");
    }
    Files.writeString(folder.resolve("train.tsv"), rows);
    Files.writeString(
        folder.resolve("run.yaml"),
        """
        model: {type: transformer, width: 8, layers: 1, heads: 2, maxLength: 8}
        data:
          type: text-classification
          train: {path: train.tsv}
          validation: {path: train.tsv}
        training: {epochs: 20, batchSize: 8, optimizer: {type: adamw, learningRate: 1.0e-2}}
        """);
    run = folder.resolve("run");
    model = run.resolve("model");
    Terminal training = new Terminal();
    String file = folder.resolve("run.yaml").toString();
    assertThat(training.run("train", file, "--output", run.toString()))
        .as(training.err())
        .isEqualTo(ExitCode.SUCCESS);
    Folders.copy(folder, copies.resolve("trained"));
  }

  @BeforeEach
  void restore() throws IOException {
    new LocalDisk().delete(folder);
    Folders.copy(copies.resolve("trained"), folder);
  }

  private int predict() {
    return terminal.run("predict", run.toString(), "--text", "good good", "--json");
  }

  @Test
  void everyFileHasAChecksumAndTheConfigAFormat() throws IOException {
    assertThat(Files.readString(model.resolve("SHA256SUMS")).lines().map(it -> it.substring(66)))
        .containsExactlyInAnyOrder(
            "config.json",
            "golden.json",
            "model.safetensors",
            "signature.json",
            "special_tokens_map.json",
            "tokenizer.json",
            "tokenizer_config.json");
    assertThat(
            new JsonMapper().readTree(model.resolve("config.json").toFile()).path("format").asInt())
        .isEqualTo(1);
    assertThat(predict()).as(terminal.err()).isEqualTo(ExitCode.SUCCESS);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"config.json", "tokenizer.json", "tokenizer_config.json", "model.safetensors"})
  void changedByteIsRefusedByEveryCommand(String name) throws IOException {
    try (RandomAccessFile file = new RandomAccessFile(model.resolve(name).toFile(), "rw")) {
      file.seek(file.length() - 3);
      int old = file.read();
      file.seek(file.length() - 3);
      file.write(old ^ 1);
    }

    assertThat(predict()).isEqualTo(ExitCode.INVALID_REQUEST);
    assertThat(terminal.err()).contains(model.resolve(name).toString());
    Terminal evaluated = new Terminal();
    assertThat(evaluated.run("evaluate", run.toString())).isEqualTo(ExitCode.INVALID_REQUEST);
    assertThat(evaluated.out()).isEmpty();
  }

  @Test
  void tokenizeRefusesAChangedTokenizer() throws IOException {
    Files.writeString(
        model.resolve("tokenizer.json"), Files.readString(model.resolve("tokenizer.json")) + " ");

    assertThat(terminal.run("tokenize", run.toString(), "good"))
        .isEqualTo(ExitCode.INVALID_REQUEST);
  }

  @ParameterizedTest
  @CsvSource({"added_tokens.json, true", "README.md, false"})
  void unlistedFileIsRefusedIfItWouldBeRead(String name, boolean refused) throws IOException {
    Files.writeString(model.resolve(name), "{}");

    assertThat(predict()).isEqualTo(refused ? ExitCode.INVALID_REQUEST : ExitCode.SUCCESS);
  }

  @Test
  void malformedLineOfTheChecksumsIsNamed() throws IOException {
    Path sums = model.resolve("SHA256SUMS");
    Files.writeString(sums, Files.readString(sums) + "nonsense\n");

    assertThat(predict()).isEqualTo(ExitCode.INVALID_REQUEST);
    assertThat(terminal.err()).contains(sums.toString(), "line 8", "nonsense");
  }

  @Test
  void foldersOfTheRunArePrivate() throws IOException {
    for (Path folder : List.of(run, model, run.resolve("checkpoints"))) {
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(folder)))
          .as(folder.toString())
          .isEqualTo("rwx------");
    }
  }

  @Test
  void missingFileIsRefused() throws IOException {
    Files.delete(model.resolve("tokenizer_config.json"));

    assertThat(predict()).isEqualTo(ExitCode.INVALID_REQUEST);
  }

  @Test
  void removedChecksumsAreRefused() throws IOException {
    Files.delete(model.resolve("SHA256SUMS"));

    assertThat(predict()).isEqualTo(ExitCode.INVALID_REQUEST);
    assertThat(terminal.err()).contains("SHA256SUMS");
    assertThat(terminal.run("tokenize", run.toString(), "good"))
        .isEqualTo(ExitCode.INVALID_REQUEST);
  }

  @Test
  void folderOfAnEarlierVersionOpensWithoutARemark() throws IOException {
    Files.delete(model.resolve("SHA256SUMS"));
    Path config = model.resolve("config.json");
    Files.writeString(config, Files.readString(config).replaceFirst(",\\s*\"format\" : 1", ""));

    assertThat(predict()).as(terminal.err()).isEqualTo(ExitCode.SUCCESS);
    assertThat(terminal.err()).isEmpty();
  }

  @Test
  void newerFormatIsRefused() throws IOException {
    Path config = model.resolve("config.json");
    Files.writeString(config, Files.readString(config).replace("\"format\" : 1", "\"format\" : 2"));
    FolderChecksums.write(model);

    assertThat(predict()).isEqualTo(ExitCode.INVALID_REQUEST);
    assertThat(terminal.err()).contains("format 2");
  }

  @Test
  void modelToFineTuneIsVerified() throws IOException {
    Files.writeString(
        model.resolve("config.json"), Files.readString(model.resolve("config.json")) + " ");

    assertThat(
            terminal.run(
                "train", folder.resolve("run.yaml").toString(),
                "--set", "data.tokenizer={path: " + model + "}",
                "--output", folder.resolve("second").toString()))
        .isEqualTo(ExitCode.INVALID_REQUEST);
    assertThat(terminal.err()).contains(model.resolve("config.json").toString());
  }

  /** With swapped labels of the same weights, both commands are wrong in the same way. */
  @Test
  void evaluateAndPredictUseTheLabelsOfTheModel() throws IOException {
    assertThat(accuracy()).isEqualTo(1);
    Path config = model.resolve("config.json");
    String swapped =
        Files.readString(config)
            .replace("\"positive\"", "\"x\"")
            .replace("\"negative\"", "\"positive\"")
            .replace("\"x\"", "\"negative\"");
    Files.writeString(config, swapped);
    FolderChecksums.write(model);

    assertThat(predict()).isEqualTo(ExitCode.SUCCESS);
    assertThat(new JsonMapper().readTree(terminal.out()).path("label").asText())
        .isEqualTo("negative");
    assertThat(accuracy()).isZero();
  }

  /** The order of labels in the data is alphabetical, so that a new label changes it. */
  @Test
  void labelsOfChangedDataKeepTheIdsOfTheModel() throws IOException {
    Path train = folder.resolve("train.tsv");
    Files.writeString(train, Files.readString(train) + "new\tabsent\n");

    assertThat(terminal.run("evaluate", run.toString())).isEqualTo(ExitCode.INVALID_REQUEST);
    assertThat(terminal.err()).contains("absent");
  }

  private double accuracy() throws IOException {
    Terminal evaluated = new Terminal();
    assertThat(evaluated.run("evaluate", run.toString(), "--json"))
        .as(evaluated.err())
        .isEqualTo(ExitCode.SUCCESS);
    JsonNode metrics = new JsonMapper().readTree(evaluated.out());
    return metrics.path("validation").path("accuracy").doubleValue();
  }
}
