package dev.counterpoint.runner.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.counterpoint.core.internal.storage.AtomicFile;
import dev.counterpoint.runner.cli.option.ExitCode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code train Idea.java}. */
final class JavaFileTest {
  @TempDir private Path folder;
  private SmallRun small;
  private final Terminal terminal = new Terminal();

  @BeforeEach
  void writeRun() throws IOException {
    small = SmallRun.in(folder);
  }

  @Test
  void aModelIsTrainedInTheExperiment() throws IOException {
    train(copied("WordAverage"), "--set", "model.width=4");

    assertThat(Files.readString(small.run().resolve("run.yaml")))
        .contains("name: \"WordAverage\"", "type: \"WordAverage\"", "width: 4");
    assertThat(terminal.err()).contains("type: \"WordAverage\"");
    assertThat(small.run().resolve("code/0/WordAverage.java")).exists();
    Terminal predicting = new Terminal();
    assertThat(predicting.run("predict", small.path(), "--text", "word"))
        .as(predicting.err())
        .isEqualTo(ExitCode.SUCCESS);
  }

  @Test
  void aComponentReplacesThatOfTheExperiment() throws IOException {
    train(copied("FocalLoss"), "--set", "loss.gamma=1");

    assertThat(Files.readString(small.run().resolve("run.yaml")))
        .contains("type: \"FocalLoss\"", "type: \"transformer\"");
  }

  @Test
  void aMissingSettingIsNamed() throws IOException {
    assertThat(run(copied("FocalLoss"))).isEqualTo(ExitCode.INVALID_REQUEST);
    assertThat(terminal.err()).contains("loss.gamma", "--set loss.gamma=").doesNotContain("--from");
    assertThat(terminal.run("train", folder.resolve("FocalLoss.java").toString()))
        .isEqualTo(ExitCode.INVALID_REQUEST);
    assertThat(terminal.err()).contains("--from");
  }

  @Test
  void aProgramIsStartedAndTrainsWithOneCall() throws IOException {
    Path run = folder.resolve("program");
    Path program =
        written(
            "Points",
            """
            import ai.djl.ndarray.NDArray;
            import dev.counterpoint.core.data.*;
            import dev.counterpoint.core.data.source.DataSplits;
            import dev.counterpoint.core.loss.*;
            import dev.counterpoint.core.model.*;
            import dev.counterpoint.core.training.*;
            import dev.counterpoint.runner.program.TrainingRun;
            import java.nio.file.Path;

            final class Points extends BaseModel {
              private final Linear head = new Linear(2, 2);

              public NDArray forward(Batch batch) {
                return head.forward(batch.features());
              }

              public Loss lossFunction() {
                return CrossEntropy.defaults();
              }

              public static void main(String[] arguments) {
                float[][] points = {{1, 0}, {0, 1}, {2, 1}, {1, 2}};
                try (Points model = new Points()) {
                  TrainingRun.in(
                      Path.of("%s"),
                      "points",
                      model,
                      TrainingConfig.defaults().withEpochs(4),
                      DataSplits.ofTraining(
                          ArrayDataset.ofClasses(points, new long[] {0, 1, 0, 1})));
                }
              }
            }
            """
                .formatted(run.toString().replace("\\", "\\\\")));

    assertThat(terminal.run("train", program.toString())).as(terminal.err()).isZero();
    assertThat(AtomicFile.readJson(run.resolve("summary.json")).path("steps").asInt()).isEqualTo(4);
    assertThat(run.resolve("report.html")).exists();
    assertThat(run.resolve("checkpoints/step-00000004")).exists();
    assertThat(terminal.run("train", program.toString(), "--set", "a=b"))
        .isEqualTo(ExitCode.INVALID_REQUEST);
  }

  @Test
  void anExceptionOfAProgramHasItsLine() throws IOException {
    Path program =
        written(
            "Fails",
            """
            class Fails {
              public static void main(String[] arguments) {
                throw new IllegalStateException("no data");
              }
            }
            """);

    assertThat(terminal.run("train", program.toString())).isEqualTo(ExitCode.RUN_FAILED);
    assertThat(terminal.err()).contains("Fails.java:3", "no data").doesNotContain("\tat ");
  }

  @Test
  void otherFilesAreRejected() throws IOException {
    assertThat(run(written("Empty", ""))).isEqualTo(ExitCode.INVALID_REQUEST);
    assertThat(run(written("Other", "class Another {}"))).isEqualTo(ExitCode.INVALID_REQUEST);
    assertThat(run(written("Plain", "class Plain {}"))).isEqualTo(ExitCode.INVALID_REQUEST);
    assertThat(run(folder.resolve("Missing.java"))).isEqualTo(ExitCode.INVALID_REQUEST);
    assertThat(run(folder.resolve("small.yaml"))).isEqualTo(ExitCode.INVALID_REQUEST);
    assertThat(terminal.err())
        .contains("does not contain a class Empty", "ModelConfig", "--from needs a Java file");
    assertThat(small.run()).doesNotExist();
  }

  private void train(Path file, String... options) {
    assertThat(run(file, options)).as(terminal.err()).isEqualTo(ExitCode.SUCCESS);
  }

  private int run(Path file, String... options) {
    String[] arguments = new String[options.length + 6];
    String[] first = {
      "train",
      file.toString(),
      "--from",
      folder.resolve("small.yaml") + "",
      "--output",
      small.path()
    };
    System.arraycopy(first, 0, arguments, 0, first.length);
    System.arraycopy(options, 0, arguments, first.length, options.length);
    return terminal.run(arguments);
  }

  private Path written(String name, String source) throws IOException {
    return Files.writeString(folder.resolve(name + ".java"), source);
  }

  private Path copied(String name) throws IOException {
    try (InputStream source =
        Objects.requireNonNull(
            JavaFileTest.class.getResourceAsStream("/onefile/" + name + ".java"))) {
      Path file = folder.resolve(name + ".java");
      Files.copy(source, file);
      return file;
    }
  }
}
