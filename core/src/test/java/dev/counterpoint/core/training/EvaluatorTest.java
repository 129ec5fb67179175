package dev.counterpoint.core.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.data.Dataset;
import dev.counterpoint.core.loss.CrossEntropy;
import dev.counterpoint.core.loss.Loss;
import dev.counterpoint.core.metric.Classification;
import dev.counterpoint.core.metric.Evaluation;
import dev.counterpoint.core.metric.Metric;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.model.Linear;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EvaluatorTest {
  private static final int ITEMS = 10;
  private static final List<Supplier<Metric>> METRICS =
      List.of(() -> new Classification(List.of("a", "b", "c")));

  private final Dataset split = TinyClassifier.examples(ITEMS);
  private final Spy model = new Spy();

  /** Records its inputs and its mode. */
  private static final class Spy extends BaseModel {
    private final Linear head = new Linear(4, 3);
    private final List<Float> seen = new ArrayList<>();
    private final List<Integer> sizes = new ArrayList<>();
    private boolean recorded;
    private boolean trained;

    @Override
    public NDArray forward(Batch batch) {
      for (int i = 0; i < batch.size(); i++) {
        seen.add(batch.features().getFloat(i, 0));
      }
      sizes.add(batch.size());
      NDArray logits = head.forward(batch.features());
      recorded |= logits.hasGradient();
      trained |= training() || head.training();
      return logits;
    }

    @Override
    public Loss lossFunction() {
      return CrossEntropy.defaults();
    }
  }

  @BeforeEach
  void initialize() {
    model.initialize(Device.cpu(), 1);
  }

  @AfterEach
  void close() {
    model.close();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3, 5, 10, 64})
  void everyExampleIsEvaluatedOnceInOrder(int batchSize) {
    new Evaluator(model, METRICS, batchSize).evaluate(split);

    float[] all =
        split.collate(new long[] {0, 1, 2, 3, 4, 5, 6, 7, 8, 9}).tensors().get("features").floats();
    List<Float> first = new ArrayList<>();
    for (int i = 0; i < ITEMS; i++) {
      first.add(all[i * 4]);
    }
    assertThat(model.seen).isEqualTo(first);
    assertThat(model.sizes).allMatch(size -> size <= batchSize);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3, 64})
  void theMetricsDoNotDependOnTheBatchSize(int batchSize) {
    Evaluation evaluation = new Evaluator(model, METRICS, batchSize).evaluate(split);
    Evaluation whole = new Evaluator(model, METRICS, ITEMS).evaluate(split);

    assertThat(evaluation.examples()).isEqualTo(ITEMS);
    assertThat(evaluation.value("loss")).isCloseTo(whole.value("loss"), within(1e-6));
    assertThat(evaluation.value("accuracy")).isEqualTo(whole.value("accuracy"));
    assertThat(evaluation.value("f1")).isEqualTo(whole.value("f1"));
  }

  @Test
  void noGradientsAreRecorded() {
    new Evaluator(model, METRICS, 3).evaluate(split);

    assertThat(model.recorded).isFalse();
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void evaluationRestoresTheTrainingMode(boolean training) {
    model.setTraining(training);

    new Evaluator(model, METRICS, 3).evaluate(split);

    assertThat(model.trained).isFalse();
    assertThat(model.training()).isEqualTo(training);
    assertThat(model.head.training()).isEqualTo(training);
  }

  @Test
  void aFailureRestoresTheTrainingMode() {
    model.setTraining(true);
    Evaluator evaluator = new Evaluator(model, List.of(), 3);
    model.replaceLoss(
        (output, batch) -> {
          throw new IllegalStateException("no loss today");
        });

    assertThatThrownBy(() -> evaluator.evaluate(split)).hasMessage("no loss today");
    assertThat(model.training()).isTrue();
  }

  @Test
  void everyEvaluationStartsFromZero() {
    Evaluator evaluator = new Evaluator(model, METRICS, 3);

    assertThat(evaluator.evaluate(split).values()).isEqualTo(evaluator.evaluate(split).values());
  }
}
