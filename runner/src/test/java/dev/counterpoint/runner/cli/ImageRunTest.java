package dev.counterpoint.runner.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.counterpoint.core.internal.storage.AtomicFile;
import dev.counterpoint.core.internal.storage.FolderEntries;
import dev.counterpoint.core.internal.storage.LocalDisk;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.inference.Pipeline;
import dev.counterpoint.inference.internal.code.TrustedCode;
import dev.counterpoint.runner.cli.option.ExitCode;
import dev.counterpoint.runner.rundir.Provenance;
import dev.counterpoint.runner.wiring.Run;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Trains, evaluates and predicts images. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ImageRunTest {
  private static final JsonMapper JSON = new JsonMapper();
  private static final String RUN_FILE =
      """
      name: shapes
      device: cpu
      model: {type: convnet, widths: [4, 8], convolutions: 1, groups: 2, dropout: 0.1}
      data:
        type: image-classification
        train: {path: shapes}
        split: {validation: 0.25}
        size: 8
        channels: 3
        crop: 1
        flip: true
      training: {epochs: 12, batchSize: 8, optimizer: {type: adamw, learningRate: 2e-2}}
      checkpoint: {everySteps: 10, keep: 99}
      """;

  @TempDir static Path folder;

  private Path runFile = folder;
  private String run = "";

  @BeforeAll
  void train() throws IOException {
    for (int i = 0; i < 24; i++) {
      draw("shapes/bars/" + i + ".png", i, true);
      draw("shapes/rows/" + i + ".png", i, false);
    }
    runFile = Files.writeString(folder.resolve("shapes.yaml"), RUN_FILE);
    run = folder.resolve("run").toString();
    succeed("train", runFile.toString(), "--output", run);
  }

  /** An image of 16 x 16 pixels with vertical or horizontal stripes. */
  private static Path draw(String name, int number, boolean vertical) throws IOException {
    BufferedImage image = new BufferedImage(16, 16, BufferedImage.TYPE_INT_RGB);
    for (int i = 0; i < 256; i++) {
      int place = vertical ? i % 16 : i / 16;
      image.setRGB(i % 16, i / 16, (place + number) % 8 < 4 ? 0xffffff - 9 * number : number);
    }
    Path file = folder.resolve(name);
    Files.createDirectories(file.resolveSibling(""));
    ImageIO.write(image, "png", file.toFile());
    return file;
  }

  private static Terminal succeed(String... arguments) {
    Terminal terminal = new Terminal();
    assertThat(terminal.run(arguments)).as(terminal.err()).isEqualTo(ExitCode.SUCCESS);
    return terminal;
  }

  private static Terminal reject(String... arguments) {
    Terminal terminal = new Terminal();
    assertThat(terminal.run(arguments)).isEqualTo(ExitCode.INVALID_REQUEST);
    assertThat(terminal.out()).isEmpty();
    return terminal;
  }

  @Test
  void allImagesAreNamedAlsoBesideATable() throws IOException {
    Path table = Files.writeString(folder.resolve("shapes/README.txt"), "bars and rows");
    Path image = folder.resolve("shapes/bars/0.png");
    byte[] before = Files.readAllBytes(image);
    Run trained = Run.existing(Path.of(run), List.of(), List.of(), TrustedCode.none());
    Map<String, String> hashes = Provenance.hashes(trained.namedFiles());
    Files.copy(folder.resolve("shapes/rows/0.png"), image, StandardCopyOption.REPLACE_EXISTING);

    assertThat(Provenance.hashes(trained.namedFiles()).get("data.train.path"))
        .isNotEqualTo(hashes.get("data.train.path"));
    Files.write(image, before);
    Files.delete(table);
    assertThat(succeed("check", "history", run, "--to", "10").out())
        .contains("data.train.path: SHA-256");
  }

  @Test
  void theSplitIsEvaluated() throws IOException {
    JsonNode found = JSON.readTree(succeed("evaluate", run, "--json").out());

    assertThat(found.at("/validation/items").asInt()).isBetween(10, 14);
    assertThat(found.at("/validation/accuracy").asDouble()).isGreaterThan(0.9);
  }

  @Test
  void anotherFolderIsEvaluated() throws IOException {
    draw("more/rows/x.png", 2, false);

    JsonNode found =
        JSON.readTree(
            succeed("evaluate", run, "--data", folder.resolve("more").toString(), "--json").out());

    assertThat(found.at("/data/items").asInt()).isEqualTo(1);
    assertThat(found.at("/data/accuracy").asDouble()).isEqualTo(1);
  }

  @Test
  void anotherSizeIsRejectedInAnEvaluation() {
    assertThat(reject("evaluate", run, "--set", "data.size=16").err()).contains("data.size 8");
  }

  @Test
  void imagesArePredictedInTheirOrder() throws IOException {
    String first = draw("first.png", 3, false).toString();
    String second = draw("second.png", 5, true).toString();

    List<String> lines = succeed("predict", run, "--image", first, second).out().lines().toList();

    assertThat(lines).hasSize(2);
    assertThat(lines.get(0)).startsWith("rows\t").endsWith("\t" + first);
    assertThat(lines.get(1)).startsWith("bars\t").endsWith("\t" + second);
  }

  @Test
  void predictionsAreJsonObjects() throws IOException {
    String file = draw("third.png", 3, false).toString();

    JsonNode found = JSON.readTree(succeed("predict", run, "--json", "--image", file).out());

    assertThat(found.at("/image").asText()).isEqualTo(file);
    assertThat(found.at("/label").asText()).isEqualTo("rows");
    assertThat(found.at("/probabilities/bars").isNumber()).isTrue();
  }

  @Test
  void aDamagedImageIsNamed() throws IOException {
    String file = Files.writeString(folder.resolve("damaged.png"), "x").toString();

    assertThat(reject("predict", run, "--image", file).err()).contains(file);
    assertThat(reject("predict", run, "--image", file + "x").err()).contains(file + "x");
  }

  @Test
  void aTextIsRejected() {
    assertThat(reject("predict", run, "--text", "x").err()).contains("--image");
    assertThat(reject("predict", run).err()).contains("--image");
  }

  @Test
  void aPipelineClassifiesImages() throws IOException {
    Path file = draw("fourth.png", 1, true);
    try (Pipeline pipeline = Pipeline.open(Path.of(run))) {
      assertThat(pipeline.classify(pipeline.images(List.of(file))).get(0).label())
          .isEqualTo("bars");
      assertThatThrownBy(() -> pipeline.classify("text")).isInstanceOf(InvalidSettings.class);
    }
  }

  @Test
  void theSignatureHasTheShapeOfTheImages() throws IOException {
    JsonNode signature = AtomicFile.readJson(Path.of(run, "model", "signature.json"));

    assertThat(signature.at("/inputs/0/type").asText()).isEqualTo("image");
    assertThat(signature.at("/inputs/0/shape").toString()).isEqualTo("[-1,3,8,8]");
    assertThat(signature.at("/outputs/0/categories").toString()).isEqualTo("[\"bars\",\"rows\"]");
    assertThat(signature.at("/decision").asText()).isEqualTo("softmax");
  }

  @Test
  void theReportShowsTheImages() throws IOException {
    assertThat(Files.readString(Path.of(run, "report.html")))
        .contains("images: 8 x 8 pixels, colors", "images resized to 8 x 8");
  }

  @Test
  void aResumedRunHasTheSameModel() throws IOException {
    String other = folder.resolve("resumed").toString();
    succeed("train", runFile.toString(), "--output", other);
    for (Path checkpoint : FolderEntries.of(Path.of(other, "checkpoints"))) {
      if (checkpoint.getFileName().toString().compareTo("step-00000020") > 0) {
        new LocalDisk().delete(checkpoint);
      }
    }
    succeed("train", other);

    assertThat(hash(other)).isEqualTo(hash(run));
  }

  private static String hash(String directory) throws IOException {
    return AtomicFile.readJson(Path.of(directory, "summary.json")).path("modelHash").asText();
  }

  @Test
  void gradientsDoNotDependOnTheDivisionOfABatch() {
    succeed("check", "equivalence", runFile.toString());
  }

  @Test
  void aVisionTransformerIsTrained() throws IOException {
    String vit = folder.resolve("vit").toString();
    succeed(
        "train",
        runFile.toString(),
        "--output",
        vit,
        "--set",
        "model={type: vit, patch: 4, width: 16, layers: 1, heads: 2}",
        "--set",
        "training.optimizer.learningRate=5e-3",
        "--set",
        "training.epochs=20");

    JsonNode summary = AtomicFile.readJson(Path.of(vit, "summary.json"));
    assertThat(summary.at("/validation/accuracy").asDouble()).isGreaterThan(0.9);
  }

  @Test
  void theBuiltInDigitsAreLearned() throws IOException {
    String digits = folder.resolve("digits").toString();
    succeed("train", "digits", "--output", digits, "--set", "device=cpu");

    JsonNode summary = AtomicFile.readJson(Path.of(digits, "summary.json"));
    assertThat(summary.at("/validation/accuracy").asDouble()).isGreaterThan(0.95);
  }
}
