package dev.counterpoint.strategies.standard;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.checkpoint.ModelHash;
import dev.counterpoint.core.data.ArrayDataset;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.distributed.Collective;
import dev.counterpoint.core.loss.CrossEntropy;
import dev.counterpoint.core.loss.Loss;
import dev.counterpoint.core.model.Activation;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.model.Dropout;
import dev.counterpoint.core.model.Linear;
import dev.counterpoint.core.training.RunOptions;
import dev.counterpoint.core.training.Trainer;
import dev.counterpoint.core.training.TrainingConfig;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StandardTrainingStrategyTest {
  private static final TrainingConfig CONFIG =
      TrainingConfig.defaults().withEpochs(2).withBatchSize(8);

  /** With dropout, so that a draw more or less would show. */
  private static final class Classifier extends BaseModel {
    private final Linear hidden = new Linear(3, 8);
    private final Dropout dropout = new Dropout(0.3);
    private final Linear head = new Linear(8, 2);

    @Override
    public NDArray forward(Batch batch) {
      NDArray x = Activation.TANH.forward(hidden.forward(batch.features()));
      return head.forward(dropout.forward(x)); // (batch, 2)
    }

    @Override
    public Loss lossFunction() {
      return CrossEntropy.defaults();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {8, 3})
  void itTakesTheStepsOfATrainerWithoutAStrategyBitForBit(int microBatchSize) {
    TrainingConfig config = CONFIG.withMicroBatchSize(microBatchSize);
    try (BaseModel alone = new Classifier();
        BaseModel standard = new Classifier()) {
      new Trainer(alone, config).train(items());
      new Trainer(standard, new StandardTrainingStrategy(), config, RunOptions.ofSeed(0))
          .train(items());

      assertThat(ModelHash.of(standard.parameters())).isEqualTo(ModelHash.of(alone.parameters()));
    }
  }

  @Test
  void itIsASingleProcess() {
    try (StandardTrainingStrategy strategy = new StandardTrainingStrategy()) {
      assertThat(strategy.collective()).isEqualTo(Collective.singleProcess());
    }
  }

  @Test
  void itsSettingsBuildIt() {
    assertThat(new StandardTrainingStrategy.Config().build(Collective.singleProcess()))
        .isInstanceOf(StandardTrainingStrategy.class);
  }

  private static ArrayDataset items() {
    float[][] features = new float[30][3];
    long[] classes = new long[30];
    for (int i = 0; i < 30; i++) {
      for (int j = 0; j < 3; j++) {
        features[i][j] = (float) Math.sin(3 * i + j);
      }
      classes[i] = features[i][0] > 0 ? 1 : 0;
    }
    return ArrayDataset.ofClasses(features, classes);
  }
}
