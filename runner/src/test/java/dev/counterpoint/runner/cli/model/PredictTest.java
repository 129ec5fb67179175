package dev.counterpoint.runner.cli.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.counterpoint.runner.cli.Terminal;
import dev.counterpoint.runner.cli.option.ExitCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code predict} on models whose outputs are not logits of exclusive classes. */
final class PredictTest {
  /** Outputs are the features; the labels are zero, in the given shape. */
  private static final String MODEL =
      """
      import ai.djl.ndarray.NDArray;
      import dev.counterpoint.core.data.*;
      import dev.counterpoint.core.data.source.*;
      import dev.counterpoint.core.loss.*;
      import dev.counterpoint.core.model.*;
      import dev.counterpoint.core.parameter.*;
      import java.util.*;

      public final class Same extends BaseModel {
        private final Linear scale =
            new Linear(Parameter.of(Initializer.ones(), 1, 1), null);

        public NDArray forward(Batch batch) {
          NDArray x = batch.features();
          return scale.forward(x.reshape(-1, 1)).reshape(x.getShape());
        }

        public Loss lossFunction() {
          return new MeanSquaredError();
        }

        public record Config() implements ModelConfig {
          public BaseModel build(DataSpec data) {
            return new Same();
          }
        }

        public record Rows(int features, List<String> labels) implements DataSource {
          public DataSplits open(DataContext context) {
            Dataset rows =
                new Dataset() {
                  public long size() {
                    return 2;
                  }

                  public HostBatch collate(long[] indices) {
                    int n = indices.length;
                    float[] zeros = new float[n * features];
                    HostTensor target = HostTensor.of(zeros, n, features);
                    return HostBatch.of(n, Map.of("features", target, "labels", target));
                  }
                };
            return DataSplits.of(
                DataSpec.ofFeatures(features, labels), Map.of("train", rows), List.of(), "rows");
          }
        }
      }
      """;

  @TempDir private Path folder;
  private final Terminal terminal = new Terminal();

  @BeforeEach
  void writeModel() throws IOException {
    Files.writeString(folder.resolve("Same.java"), MODEL);
  }

  @Test
  void binaryCrossEntropyGivesEachLabelItsOwnProbability() throws IOException {
    train("binary-cross-entropy", 2, "[a, b]");

    JsonNode prediction = predict("--json", "--text", "0, 2");

    assertThat(prediction.path("probabilities").path("a").doubleValue()).isEqualTo(0.5);
    assertThat(prediction.path("probabilities").path("b").doubleValue())
        .isCloseTo(0.880797, within(1e-6));
    assertThat(prediction.path("labels")).extracting(JsonNode::textValue).containsExactly("b", "a");
  }

  @Test
  void oneLogitOfTwoLabelsIsTheSecondLabel() throws IOException {
    train("binary-cross-entropy", 1, "[no, yes]");

    JsonNode prediction = predict("--json", "--text", "2");

    assertThat(prediction.path("label").textValue()).isEqualTo("yes");
    assertThat(prediction.path("probability").doubleValue()).isCloseTo(0.880797, within(1e-6));
  }

  @ParameterizedTest
  @CsvSource({"mean-squared-error", "huber"})
  void regressionPredictsValues(String loss) throws IOException {
    train(loss, 2, "[]");

    assertThat(predict("--json", "--text", "0.25 -3").path("values"))
        .extracting(JsonNode::doubleValue)
        .containsExactly(0.25, -3.0);
  }

  @Test
  void valuesHaveTheNamesOfTheTargets() throws IOException {
    train("mean-squared-error", 2, "[width, height]");

    assertThat(predict("--json", "--text", "0.25 -3").path("values").path("height").doubleValue())
        .isEqualTo(-3.0);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {"1 2 3 | needs 2", "1 x | \"x\"", "1 NaN | \"NaN\""})
  void rowThatIsNotTheFeaturesIsRejected(String row, String message) throws IOException {
    train("mean-squared-error", 2, "[]");

    Terminal predicted = new Terminal();
    assertThat(predicted.run("predict", run(), "--text", row)).isEqualTo(ExitCode.INVALID_REQUEST);
    assertThat(predicted.err()).contains(message);
  }

  private void train(String loss, int features, String labels) throws IOException {
    Files.writeString(
        folder.resolve("same.yaml"),
        """
        classpath: [Same.java]
        model: Same
        data: {type: Same, features: %s, labels: %s}
        loss: %s
        training: {epochs: 1, batchSize: 2, optimizer: {type: sgd}}
        """
            .formatted(features, labels, loss));
    assertThat(terminal.run("train", folder.resolve("same.yaml").toString(), "--output", run()))
        .as(terminal.err())
        .isEqualTo(ExitCode.SUCCESS);
  }

  private String run() {
    return folder.resolve("run").toString();
  }

  private JsonNode predict(String... arguments) throws IOException {
    Terminal predicted = new Terminal();
    String[] all = new String[arguments.length + 2];
    all[0] = "predict";
    all[1] = run();
    System.arraycopy(arguments, 0, all, 2, arguments.length);
    assertThat(predicted.run(all)).as(predicted.err()).isEqualTo(ExitCode.SUCCESS);
    return new JsonMapper().readTree(predicted.out());
  }
}
