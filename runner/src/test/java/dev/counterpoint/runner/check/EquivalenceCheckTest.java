package dev.counterpoint.runner.check;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.data.ArrayDataset;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.data.source.DataContext;
import dev.counterpoint.core.data.source.DataSplits;
import dev.counterpoint.core.data.source.FileSplit;
import dev.counterpoint.core.loss.CrossEntropy;
import dev.counterpoint.core.loss.Loss;
import dev.counterpoint.core.model.Activation;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.model.Dropout;
import dev.counterpoint.core.model.Linear;
import dev.counterpoint.models.bert.BertArchitecture;
import dev.counterpoint.models.bert.BertConfig;
import dev.counterpoint.tasks.questionanswering.QuestionAnswering;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class EquivalenceCheckTest {
  private static final double TOLERANCE = 1e-4;

  @ParameterizedTest
  @ValueSource(doubles = {0, 0.5})
  void gradientDoesNotDependOnHowTheBatchIsSplit(double dropout) {
    EquivalenceCheck.Outcome outcome = check(new Classifier(dropout, false, false));

    assertThat(outcome.random()).isEqualTo(dropout > 0);
    assertThat(outcome.findings())
        .hasSize(dropout > 0 ? 3 : 6)
        .allMatch(finding -> finding.within(TOLERANCE));
  }

  /** Each micro-batch is padded to its longest example. */
  @Test
  void gradientDoesNotDependOnPadding(@TempDir Path folder) throws IOException {
    BertArchitecture sizes =
        new BertArchitecture(
            null, 16, 1, 2, 16, 64, 2, Activation.GELU, 0, 0, null, 1e-12, 0.1, true);
    try (DataSplits data = questions(folder);
        BaseModel model =
            new BertConfig(BertConfig.Task.QUESTION_ANSWERING, null, sizes).build(data.spec())) {
      model.initialize(Device.cpu(), 3);

      assertThat(new EquivalenceCheck(model, data.train(), 8, 1).run().findings())
          .hasSize(6)
          .allMatch(finding -> finding.within(TOLERANCE));
    }
  }

  private static DataSplits questions(Path folder) throws IOException {
    String paragraphs =
        IntStream.range(0, 8)
            .mapToObj(
                i ->
                    """
                    {"context": "A door is %sred.", "qas": [{"id": "%d", "question": "Colour?",
                      "answers": [{"text": "A door", "answer_start": 0}]}]}"""
                        .formatted("very ".repeat(3 * i), i))
            .collect(Collectors.joining(","));
    Path file = folder.resolve("squad.json");
    Files.writeString(file, "{\"data\": [{\"paragraphs\": [" + paragraphs + "]}]}");
    return new QuestionAnswering(new FileSplit(file.toString()), null, null, null, null, 16, 30)
        .open(new DataContext(folder.resolve("cache"), Path::of, 64, 17));
  }

  @Test
  void modelWithBatchStatisticsIsDetected() {
    EquivalenceCheck.Outcome outcome = check(new Classifier(0.5, true, false));

    assertThat(outcome.findings()).hasSize(3).noneMatch(finding -> finding.within(TOLERANCE));
    assertThat(outcome.findings().get(0).way()).isEqualTo("micro-batches of 3");
    assertThat(outcome.findings().get(0).parameter()).startsWith("head.");
  }

  @Test
  void batchStatisticsInTrainingModeAreDetectedWithoutDropout() {
    EquivalenceCheck.Outcome outcome = check(new Classifier(0, true, true));

    assertThat(outcome.findings().subList(0, 3)).allMatch(finding -> finding.within(TOLERANCE));
    assertThat(outcome.findings().subList(3, 6)).noneMatch(finding -> finding.within(TOLERANCE));
  }

  private static EquivalenceCheck.Outcome check(BaseModel classifier) {
    try (BaseModel model = classifier) {
      model.initialize(Device.cpu(), 3);
      float[][] features = new float[30][3];
      long[] classes = new long[30];
      for (int i = 0; i < 30; i++) {
        features[i] = new float[] {(float) Math.sin(i), (float) Math.cos(2 * i), i % 7};
        classes[i] = i % 2;
      }
      return new EquivalenceCheck(model, ArrayDataset.ofClasses(features, classes), 13, 1).run();
    }
  }

  private static final class Classifier extends BaseModel {
    private final Dropout dropout;
    private final boolean centred;
    private final boolean inTrainingOnly;
    private final Linear head = new Linear(3, 2);

    Classifier(double dropout, boolean centred, boolean inTrainingOnly) {
      this.dropout = new Dropout(dropout);
      this.centred = centred;
      this.inTrainingOnly = inTrainingOnly;
    }

    @Override
    public NDArray forward(Batch batch) {
      NDArray x = dropout.forward(batch.features());
      if (centred && (training() || !inTrainingOnly)) {
        x = x.sub(x.mean(new int[] {0}, true));
      }
      return head.forward(x); // (batch, 2)
    }

    @Override
    public Loss lossFunction() {
      return CrossEntropy.defaults();
    }
  }
}
