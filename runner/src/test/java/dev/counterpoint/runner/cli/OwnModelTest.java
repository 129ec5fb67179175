package dev.counterpoint.runner.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.counterpoint.runner.cli.option.ExitCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Messages about errors in user-defined models. */
final class OwnModelTest {
  private static final String MODEL =
      """
      import ai.djl.ndarray.NDArray;
      import dev.counterpoint.core.data.*;
      import dev.counterpoint.core.loss.*;
      import dev.counterpoint.core.model.*;

      public final class Own extends BaseModel {
        private final Embedding words;

        Own(Config config, DataSpec data) {
          words = new Embedding(data.vocabularySize(), config.width());
        }

        public NDArray forward(Batch batch) {
          if (words.forward(batch.ids()).getShape().tail() == 7) {
            throw new %s;
          }
          return words.forward(batch.ids()).mean(new int[] {1}); // (batch, width)
        }

        public Loss lossFunction() {
          return CrossEntropy.defaults();
        }

        public record Config(int width) implements ModelConfig {
          public BaseModel build(DataSpec data) {
            return new Own(this, data);
          }
        }
      }
      """;
  private static final String RUN_FILE =
      """
      classpath: [Own.java]
      model: {type: Own, width: 5}
      data: {type: text-classification, train: {path: train.tsv}, validation: {path: train.tsv}}
      training: {epochs: 2, batchSize: 2}
      """;

  @TempDir private Path folder;
  private final Terminal terminal = new Terminal();

  @Test
  void outputOfWrongShapeIsRejectedBeforeTheFirstStep() throws IOException {
    assertThat(train("IllegalStateException()", 5)).isEqualTo(ExitCode.INVALID_REQUEST);

    assertThat(terminal.err()).contains("(2, 5)", "(2, 2)").doesNotContain("step 1");
    assertThat(folder.resolve("run")).doesNotExist();
  }

  @Test
  void exceptionIsReportedWithItsLine() throws IOException {
    assertThat(train("IllegalArgumentException(\"A width of 7 is odd.\")", 7))
        .isEqualTo(ExitCode.RUN_FAILED);

    assertThat(terminal.err())
        .contains("counterpoint: Own.java:15: IllegalArgumentException: A width of 7 is odd.")
        .doesNotContain("internal error");
  }

  @Test
  void forwardThatReturnsNullIsReported() throws IOException {
    write();
    String noOutput = MODEL.replace("words.forward(batch.ids()).mean(new int[] {1})", "null");
    Files.writeString(folder.resolve("Own.java"), noOutput.formatted("IllegalStateException()"));
    Files.writeString(folder.resolve("own.yaml"), RUN_FILE);
    assertThat(train(5)).isEqualTo(ExitCode.RUN_FAILED);
    assertThat(terminal.err()).contains("counterpoint: ", "forward", "null");
  }

  @Test
  void buildThatReturnsNullIsReported() throws IOException {
    write();
    String noModel = MODEL.replace("new Own(this, data)", "null");
    Files.writeString(folder.resolve("Own.java"), noModel.formatted("IllegalStateException()"));
    Files.writeString(folder.resolve("own.yaml"), RUN_FILE);
    assertThat(train(5)).isEqualTo(ExitCode.INVALID_REQUEST);
    assertThat(terminal.err()).contains("Own$Config.build", "null");
  }

  @Test
  void layerOfSizeZeroIsReportedWithTheLineOfTheModel() throws IOException {
    assertThat(train("IllegalStateException()", 0)).isEqualTo(ExitCode.INVALID_REQUEST);
    assertThat(terminal.err()).contains(", 0)", "Own.java:10");
  }

  @Test
  void unexpectedFailureOfTheDataIsOneLineThatNamesTheActivity() throws IOException {
    write();
    Files.writeString(
        folder.resolve("Broken.java"),
        """
        import dev.counterpoint.core.data.source.*;

        public record Broken() implements DataSource {
          public DataSplits open(DataContext context) {
            throw new IllegalStateException("no rows\\nat all");
          }
        }
        """);
    Files.writeString(folder.resolve("Own.java"), MODEL.formatted("IllegalStateException()"));
    Files.writeString(
        folder.resolve("own.yaml"),
        "classpath: [Own.java, Broken.java]\nmodel: {type: Own, width: 5}\ndata: Broken\n");

    assertThat(train(5)).isEqualTo(ExitCode.RUN_FAILED);
    assertThat(terminal.err().lines())
        .singleElement(InstanceOfAssertFactories.STRING)
        .contains("Broken.java:5", "no rows", "opening the data (Broken)");
  }

  @ParameterizedTest
  @ValueSource(strings = {"own.jar", "Own.class"})
  void codeInPlaceOfARunFileIsRejected(String name) throws IOException {
    Path code = Files.writeString(folder.resolve(name), MODEL);

    assertThat(terminal.run("train", code.toString())).isEqualTo(ExitCode.INVALID_REQUEST);
    assertThat(terminal.err()).contains(name, "--classpath");
  }

  @Test
  void movedClassPathEntryOfTheRunFileIsNotCalledAnOption() throws IOException {
    assertThat(train("IllegalStateException()", 2)).isEqualTo(ExitCode.SUCCESS);
    Files.move(folder.resolve("Own.java"), folder.resolve("Moved.java"));
    Files.delete(folder.resolve("run/code/0/Own.java"));

    Terminal resumed = new Terminal();
    assertThat(resumed.run("train", folder.resolve("run").toString()))
        .isEqualTo(ExitCode.INVALID_REQUEST);

    assertThat(resumed.err())
        .contains("run.yaml: classpath ", "Own.java does not exist")
        .doesNotContain("--classpath");
  }

  @Test
  void theRunFileOfARunFindsItsRelativePaths() throws IOException {
    assertThat(train("IllegalStateException()", 2)).isEqualTo(ExitCode.SUCCESS);

    Terminal again = new Terminal();
    assertThat(
            again.run(
                "train",
                folder.resolve("run/run.yaml").toString(),
                "--output",
                folder.resolve("again").toString()))
        .as(again.err())
        .isEqualTo(ExitCode.SUCCESS);
    assertThat(folder.resolve("again/model/model.safetensors"))
        .hasSameBinaryContentAs(folder.resolve("run/model/model.safetensors"));
  }

  @Test
  void evaluationUsesTheMicroBatchSizeOfTraining() throws IOException {
    String tooMany =
        MODEL.replace("words.forward(batch.ids()).getShape().tail() == 7", "batch.size() > 1");
    Files.writeString(folder.resolve("Own.java"), tooMany.formatted("OutOfMemoryError()"));
    Files.writeString(
        folder.resolve("own.yaml"),
        RUN_FILE.replace("batchSize: 2", "batchSize: 2, microBatchSize: 1"));
    write();
    assertThat(train(2)).as(terminal.err()).isEqualTo(ExitCode.SUCCESS);

    Terminal evaluated = new Terminal();
    assertThat(evaluated.run("evaluate", folder.resolve("run").toString()))
        .as(evaluated.err())
        .isEqualTo(ExitCode.SUCCESS);
    assertThat(evaluated.out()).startsWith("validation (3 ");
  }

  private int train(String thrown, int width) throws IOException {
    Files.writeString(folder.resolve("Own.java"), MODEL.formatted(thrown));
    Files.writeString(folder.resolve("own.yaml"), RUN_FILE);
    write();
    return train(width);
  }

  private void write() throws IOException {
    Files.writeString(folder.resolve("train.tsv"), "text\tlabel\na b\tx\nb c\ty\nc d\tx\n");
  }

  private int train(int width) {
    return terminal.run(
        "train",
        folder.resolve("own.yaml").toString(),
        "--set",
        "model.width=" + width,
        "--output",
        folder.resolve("run").toString());
  }
}
