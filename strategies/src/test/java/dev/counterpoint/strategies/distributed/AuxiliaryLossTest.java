package dev.counterpoint.strategies.distributed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.callback.Callback;
import dev.counterpoint.core.callback.StepReport;
import dev.counterpoint.core.callback.StopSignal;
import dev.counterpoint.core.checkpoint.CheckpointPolicy;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.data.source.DataSplits;
import dev.counterpoint.core.loss.CrossEntropy;
import dev.counterpoint.core.loss.Loss;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.model.Linear;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.core.training.RunOptions;
import dev.counterpoint.core.training.Trainer;
import dev.counterpoint.core.training.TrainingConfig;
import dev.counterpoint.core.training.TrainingStrategy;
import dev.counterpoint.strategies.standard.StandardTrainingStrategy;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The auxiliary loss of a layer, which is a mean over the examples of a micro-batch. */
class AuxiliaryLossTest {
  /** 17 examples: the third step of an epoch has a single one, so that a rank has none. */
  private static final TrainingConfig CONFIG =
      TrainingConfig.defaults().withEpochs(2).withBatchSize(8);

  private static final class Penalized extends BaseModel {
    private final Linear head = new Linear(3, 2);
    private final String penalty; // its name; empty for none

    Penalized(boolean penalty) {
      this(penalty ? "penalty" : "");
    }

    Penalized(String penalty) {
      this.penalty = penalty;
    }

    @Override
    public NDArray forward(Batch batch) {
      NDArray logits = head.forward(batch.features());
      if (!penalty.isEmpty()) {
        addLoss(penalty, logits.square().mean().mul(0.3f));
        addLoss(penalty, logits.abs().mean().mul(0.1f));
      }
      return logits;
    }

    @Override
    public Loss lossFunction() {
      return CrossEntropy.defaults();
    }
  }

  @ParameterizedTest
  @CsvSource({"1, 3", "2, 8", "3, 2"})
  void itDoesNotDependOnMicroBatchesAndRanks(int worldSize, int microBatchSize) {
    List<StepReport> whole = train(CONFIG, new StandardTrainingStrategy(), new Penalized(true));
    TrainingConfig divided = CONFIG.withMicroBatchSize(microBatchSize);

    List<List<StepReport>> ranks =
        new InMemoryRanks(worldSize)
            .run(
                collective ->
                    train(
                        divided,
                        DistributedTrainingStrategy.Config.defaults().build(collective),
                        new Penalized(true)));

    for (int i = 0; i < whole.size(); i++) {
      StepReport step = ranks.get(0).get(i);
      assertThat(step.loss()).isCloseTo(whole.get(i).loss(), within(1e-6));
      assertThat(step.gradientNorm()).isCloseTo(whole.get(i).gradientNorm(), within(1e-6));
      assertThat(step.auxiliary().get("penalty"))
          .isCloseTo(whole.get(i).auxiliary().get("penalty"), within(1e-6));
    }
  }

  @Test
  void processesWithOtherNamesAreRejected() {
    assertThatThrownBy(
            () ->
                new InMemoryRanks(2)
                    .run(
                        collective ->
                            train(
                                CONFIG,
                                DistributedTrainingStrategy.Config.defaults().build(collective),
                                new Penalized("penalty" + collective.rank()))))
        .hasStackTraceContaining("must have the same auxiliary losses");
  }

  @Test
  void itIsAPartOfTheLossAndChangesTheGradient() {
    StepReport with = train(CONFIG, new StandardTrainingStrategy(), new Penalized(true)).get(0);
    StepReport without = train(CONFIG, new StandardTrainingStrategy(), new Penalized(false)).get(0);

    double penalty = with.auxiliary().get("penalty");
    assertThat(penalty).isPositive();
    assertThat(with.loss()).isCloseTo(without.loss() + penalty, within(1e-6));
    assertThat(with.gradientNorm()).isNotCloseTo(without.gradientNorm(), within(1e-3));
    assertThat(without.auxiliary()).isEqualTo(Map.of());
  }

  @Test
  void activationCheckpointingIsRejected() {
    Penalized model = new Penalized(true);
    model.setActivationCheckpointing(true);

    assertThatThrownBy(() -> train(CONFIG, new StandardTrainingStrategy(), model))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("activationCheckpointing");
  }

  private static List<StepReport> train(
      TrainingConfig config, TrainingStrategy strategy, Penalized model) {
    List<StepReport> reports = new ArrayList<>();
    Callback record =
        new Callback() {
          @Override
          public void onStep(StepReport report) {
            reports.add(report);
          }
        };
    RunOptions options =
        new RunOptions(7, List.of(record), new StopSignal(), null, CheckpointPolicy.defaults());
    try (model) {
      new Trainer(model, strategy, config, options)
          .train(DataSplits.ofTraining(TinyModel.examples(17)));
      return reports;
    }
  }
}
