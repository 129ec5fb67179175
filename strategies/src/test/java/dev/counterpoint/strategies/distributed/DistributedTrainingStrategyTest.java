package dev.counterpoint.strategies.distributed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.counterpoint.core.callback.Callback;
import dev.counterpoint.core.callback.StepReport;
import dev.counterpoint.core.callback.StopSignal;
import dev.counterpoint.core.checkpoint.CheckpointPolicy;
import dev.counterpoint.core.checkpoint.ModelHash;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.training.Collective;
import dev.counterpoint.core.training.RunOptions;
import dev.counterpoint.core.training.Trainer;
import dev.counterpoint.core.training.TrainingConfig;
import dev.counterpoint.core.training.TrainingStrategy;
import dev.counterpoint.strategies.standard.StandardTrainingStrategy;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DistributedTrainingStrategyTest {
  private static final TrainingConfig CONFIG =
      TrainingConfig.defaults().withEpochs(25).withBatchSize(8);

  /** 61 items: the last of 8 steps an epoch has 5. */
  private static final int ITEMS = 61;

  @ParameterizedTest
  @CsvSource({"2, 8", "3, 8", "3, 2", "8, 1"})
  void itTakesTheStepsOfTheStandardStrategy(int world, int microBatchSize) {
    TrainingConfig config = CONFIG.withMicroBatchSize(microBatchSize);
    Trained standard = train(new StandardTrainingStrategy(), config, 0);

    List<Trained> ranks =
        new InMemoryRanks(world).run(collective -> train(distributed(collective), config, 0));

    assertThat(ranks.get(0).losses()).hasSize(200);
    for (Trained rank : ranks) {
      assertThat(rank.hash()).isEqualTo(ranks.get(0).hash());
      for (int i = 0; i < 200; i++) {
        double expected = standard.losses().get(i);
        assertThat(rank.losses().get(i)).isCloseTo(expected, within(1e-5 * expected));
      }
    }
  }

  @Test
  void aloneItIsTheStandardStrategyBitForBit() {
    Trained standard = train(new StandardTrainingStrategy(), CONFIG, 0.3);
    Trained alone = train(distributed(Collective.alone()), CONFIG, 0.3);

    assertThat(alone).isEqualTo(standard);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2})
  void whoIsSlowChangesNothing(long seed) {
    List<Trained> once =
        new InMemoryRanks(3).run(collective -> train(distributed(collective), CONFIG, 0.3));
    List<Trained> again =
        new InMemoryRanks(3)
            .delayed(seed)
            .run(collective -> train(distributed(collective), CONFIG, 0.3));

    assertThat(again).isEqualTo(once);
  }

  private record Trained(List<Double> losses, String hash) {}

  private static TrainingStrategy distributed(Collective collective) {
    return DistributedTrainingStrategy.Config.defaults().build(collective);
  }

  private static Trained train(TrainingStrategy strategy, TrainingConfig config, double dropout) {
    List<Double> losses = new ArrayList<>();
    Callback record =
        new Callback() {
          @Override
          public void onStep(StepReport report) {
            losses.add(report.loss());
          }
        };
    RunOptions options =
        new RunOptions(7, List.of(record), new StopSignal(), null, CheckpointPolicy.defaults());
    try (BaseModel model = new TinyModel(dropout)) {
      new Trainer(model, strategy, config, options).train(TinyModel.items(ITEMS));
      return new Trained(losses, ModelHash.of(model.parameters()));
    }
  }
}
