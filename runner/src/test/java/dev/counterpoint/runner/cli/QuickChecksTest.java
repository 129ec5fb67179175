package dev.counterpoint.runner.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.counterpoint.core.internal.storage.AtomicFile;
import dev.counterpoint.runner.cli.option.ExitCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code train --fast-dev-run}, {@code --overfit} and {@code --detect-anomaly}. */
final class QuickChecksTest {
  @TempDir private Path folder;
  private SmallRun small;

  @BeforeEach
  void writeRun() throws IOException {
    small = SmallRun.in(folder);
  }

  @Test
  void fastDevRunExecutesEveryPartOfARun() throws IOException {
    small.train("--fast-dev-run");

    JsonNode summary = AtomicFile.readJson(small.run().resolve("summary.json"));
    assertThat(summary.path("steps").asInt()).isEqualTo(2);
    assertThat(summary.path("validation").has("accuracy")).isTrue();
    assertThat(Files.readString(small.run().resolve("run.yaml"))).contains("small-fast-dev-run");
    assertThat(small.run().resolve("checkpoints/step-00000001")).exists();
    assertThat(small.run().resolve("checkpoints/step-00000002")).exists();
    assertThat(small.run().resolve("report.html")).exists();
    assertThat(small.run().resolve("model/model.safetensors")).exists();
  }

  @Test
  void fastDevRunIncludesTheStrategy() throws IOException {
    Terminal terminal =
        small.train(
            "--fast-dev-run",
            "--set=strategy.type=distributed",
            "--set=strategy.workers=2",
            "--set=threads=1");

    assertThat(terminal.out()).contains("passed");
    assertThat(AtomicFile.readJson(small.run().resolve("summary.json")).path("steps").asInt())
        .isEqualTo(2);
  }

  @Test
  void overfitEndsWhenTheLossIsNearZero() throws IOException {
    Terminal terminal = small.train("--overfit", "1", "--set=training.optimizer.learningRate=0.05");

    assertThat(terminal.out()).contains("overfit: passed, the loss of 1 batch ");
    JsonNode summary = AtomicFile.readJson(small.run().resolve("summary.json"));
    assertThat(summary.path("validation").path("loss").asDouble()).isLessThan(0.05);
    assertThat(summary.path("steps").asInt()).isLessThan(500);
  }

  @Test
  void overfitFailsWithTheReasonsThatItFinds() {
    Terminal terminal = new Terminal();
    int code =
        terminal.run(
            "train",
            folder.resolve("small.yaml").toString(),
            "--overfit=1",
            "--output=" + small.path(),
            "--set=training.optimizer.learningRate=1e-9",
            "--set=training.freeze=[\"body.tokens.*\"]",
            "--set=loss={type: cross-entropy, labelSmoothing: 0.2}");

    assertThat(code).as(terminal.err()).isEqualTo(ExitCode.RUN_FAILED);
    assertThat(terminal.err())
        .contains("parameters are frozen", "labelSmoothing", "1.00e-09", "after 500 steps");
  }

  @Test
  void detectAnomalyNamesTheLayer() throws IOException {
    Files.writeString(
        folder.resolve("Broken.java"),
        """
        import ai.djl.ndarray.NDArray;
        import dev.counterpoint.core.data.*;
        import dev.counterpoint.core.loss.*;
        import dev.counterpoint.core.model.*;

        public final class Broken extends BaseModel {
          private final Embedding words;
          private final Linear[] heads = {new Linear(8, 8), new Linear(8, 2)};

          Broken(DataSpec data) {
            words = new Embedding(data.vocabularySize(), 8);
          }

          public NDArray forward(Batch batch) {
            NDArray mean = words.forward(batch.ids()).mean(new int[] {1}); // (batch, 8)
            return heads[1].forward(heads[0].forward(mean.mul(0).log()));
          }

          public Loss lossFunction() {
            return CrossEntropy.defaults();
          }

          public record Config() implements ModelConfig {
            public BaseModel build(DataSpec data) {
              return new Broken(data);
            }
          }
        }
        """);
    Terminal terminal = new Terminal();
    int code =
        terminal.run(
            "train",
            folder.resolve("Broken.java").toString(),
            "--from=" + folder.resolve("small.yaml"),
            "--output=" + small.path(),
            "--detect-anomaly");

    assertThat(code).as(terminal.err()).isEqualTo(ExitCode.RUN_FAILED);
    assertThat(terminal.err()).contains("step 1, micro-batch 0", "heads.0 (Linear)");
  }

  @Test
  void aRunDirectoryCannotBeChecked() {
    small.train("--fast-dev-run");
    Terminal terminal = new Terminal();

    assertThat(terminal.run("train", small.path(), "--overfit=1"))
        .isEqualTo(ExitCode.INVALID_REQUEST);
    assertThat(terminal.run("train", "sentiment", "--overfit=0"))
        .isEqualTo(ExitCode.INVALID_REQUEST);
    assertThat(terminal.run("train", "sentiment", "--overfit=1", "--fast-dev-run"))
        .isEqualTo(ExitCode.INVALID_REQUEST);
  }
}
