package dev.counterpoint.strategies.distributed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.callback.StopSignal;
import dev.counterpoint.core.checkpoint.CheckpointPolicy;
import dev.counterpoint.core.checkpoint.CheckpointStore;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.data.DataSpec;
import dev.counterpoint.core.data.source.DataSplits;
import dev.counterpoint.core.distributed.Collective;
import dev.counterpoint.core.distributed.RankDivergedException;
import dev.counterpoint.core.kernel.Torch;
import dev.counterpoint.core.loss.CrossEntropy;
import dev.counterpoint.core.loss.Loss;
import dev.counterpoint.core.metric.Classification;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.model.Linear;
import dev.counterpoint.core.optimizer.AdamW;
import dev.counterpoint.core.optimizer.AverageWeights;
import dev.counterpoint.core.optimizer.Sgd;
import dev.counterpoint.core.parameter.Initializer;
import dev.counterpoint.core.parameter.Parameter;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.core.training.TrainingConfig;
import dev.counterpoint.core.training.TrainingStrategy;
import dev.counterpoint.core.training.failure.NotFiniteException;
import dev.counterpoint.strategies.standard.StandardTrainingStrategy;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Ranks in this JVM; {@link RingTest} has the ring between processes. */
class DistributedTrainingStrategyTest {
  /** 61 examples: 8 steps an epoch, and the last has a batch of 5. */
  private static final TrainingConfig CONFIG =
      TrainingConfig.defaults().withEpochs(2).withBatchSize(8);

  private static final CheckpointPolicy EVERY_5 = new CheckpointPolicy(5, 9, null, false);

  @TempDir private Path folder;

  @ParameterizedTest
  @CsvSource({"2, 8", "3, 2"})
  void itTakesTheStepsOfTheStandardStrategy(int worldSize, int microBatchSize) {
    TrainingConfig config = CONFIG.withEpochs(25).withMicroBatchSize(microBatchSize);
    Trained standard = new Trained.Draft().with(config).by(new StandardTrainingStrategy());

    List<Trained> ranks =
        new InMemoryRanks(worldSize)
            .run(collective -> new Trained.Draft().with(config).by(distributed(collective)));

    assertThat(ranks).allSatisfy(rank -> assertThat(rank).isEqualTo(ranks.get(0)));
    assertThat(ranks.get(0).losses()).hasSize(200);
    assertNear(ranks.get(0).losses(), standard.losses());
  }

  @Test
  void aloneItIsTheStandardStrategyBitForBit() {
    Trained standard =
        new Trained.Draft().of(new TinyModel(0.3)).by(new StandardTrainingStrategy());
    Trained alone =
        new Trained.Draft().of(new TinyModel(0.3)).by(distributed(Collective.singleProcess()));

    assertThat(alone).isEqualTo(standard);
  }

  @Test
  void twoRanksMakeTheSameBitsAsOneProcessThatCutsTheBatchAsTheyDo() {
    TrainingConfig config = CONFIG.withMicroBatchSize(4);
    DataSplits data =
        DataSplits.of(
            DataSpec.ofFeatures(0, List.of("no", "yes")),
            Map.of("train", TinyModel.examples(64)),
            List.of(() -> new Classification(List.of("no", "yes"))),
            "points");
    Trained standard = new Trained.Draft().with(config).on(data).by(new StandardTrainingStrategy());

    List<Trained> ranks =
        new InMemoryRanks(2)
            .run(
                collective ->
                    new Trained.Draft().with(config).on(data).by(distributed(collective)));

    assertThat(ranks).containsOnly(standard);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2})
  void whoIsSlowChangesNothing(long seed) {
    InMemoryRanks.Work<Trained> training =
        collective -> new Trained.Draft().of(new TinyModel(0.3)).by(distributed(collective));

    assertThat(new InMemoryRanks(3, new SplittableRandom(seed)::nextInt).run(training))
        .isEqualTo(new InMemoryRanks(3).run(training));
  }

  @Test
  void ranksWithNothingInTheLastStepTakeItAsTheOthersDo() {
    TrainingConfig config = CONFIG.withBatchSize(6); // the last of 11 steps has 1 item
    Trained standard = new Trained.Draft().with(config).by(new StandardTrainingStrategy());

    List<Trained> ranks =
        new InMemoryRanks(3)
            .run(collective -> new Trained.Draft().with(config).by(distributed(collective)));

    assertThat(ranks).allSatisfy(rank -> assertThat(rank).isEqualTo(ranks.get(0)));
    assertNear(ranks.get(0).losses(), standard.losses());
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 7, 61})
  void aValidationCountsEachExampleOnce(int examples) {
    DataSplits data =
        DataSplits.of(
            DataSpec.ofFeatures(0, List.of("no", "yes")),
            Map.of("train", TinyModel.examples(61), "validation", TinyModel.examples(examples)),
            List.of(() -> new Classification(List.of("no", "yes"))),
            "points");
    Trained standard = new Trained.Draft().on(data).by(new StandardTrainingStrategy());

    List<Trained> ranks =
        new InMemoryRanks(3)
            .run(collective -> new Trained.Draft().on(data).by(distributed(collective)));

    for (int i = 0; i < 2; i++) {
      Map<String, Double> expected = standard.validations().get(i);
      Map<String, Double> found = ranks.get(2).validations().get(i);
      assertThat(found.get("accuracy")).isEqualTo(expected.get("accuracy"));
      assertThat(found.get("loss")).isCloseTo(expected.get("loss"), within(1e-5));
    }
  }

  @Test
  void aParameterThatNoRankHasTouchedIsLeftAlone() {
    TrainingConfig config = CONFIG.withOptimizer(new Sgd(0.1, 0, 0, 0.5, false));
    List<float[]> idle =
        new InMemoryRanks(2)
            .run(
                collective -> {
                  WithIdle model = new WithIdle();
                  float[][] values = new float[1][];
                  new Trained.Draft()
                      .with(config)
                      .of(model)
                      .watchedBy(step -> values[0] = model.idle.value().toFloatArray())
                      .by(distributed(collective));
                  return values[0];
                });

    assertThat(idle).allSatisfy(values -> assertThat(values).containsOnly(1));
  }

  @Test
  void aRunGoesOnWithTheSameBits() {
    TrainingConfig config = CONFIG.withAverageWeights(new AverageWeights(0.9));
    Trained whole = run(config, new Interruption(99, 3, 0.2, 1)).get(0);

    List<Trained> resumed = run(config, new Interruption(7, 3, 0.2, 1));

    assertThat(resumed).allSatisfy(rank -> assertThat(rank.hash()).isEqualTo(whole.hash()));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 4})
  void aRunGoesOnInAnotherWorld(int worldSize) {
    Trained whole = run(CONFIG, new Interruption(99, 3, 0, 1)).get(0);

    List<Trained> resumed = run(CONFIG, new Interruption(7, worldSize, 0, 1));

    assertThat(resumed).allSatisfy(rank -> assertThat(rank).isEqualTo(resumed.get(0)));
    assertThat(resumed.get(0).steps()).isEqualTo(16);
    assertNear(resumed.get(0).losses(), whole.losses().subList(7, 16));
  }

  @Test
  void oneRankIsAskedToStopAndAllStopAfterTheSameStep() {
    List<Trained> ranks =
        new InMemoryRanks(3)
            .run(
                collective -> {
                  Trained.Draft draft = new Trained.Draft();
                  return draft
                      .watchedBy(step -> stopAt(4, step, collective.rank() == 2, draft))
                      .by(distributed(collective));
                });

    assertThat(ranks).allSatisfy(rank -> assertThat(rank).isEqualTo(ranks.get(0)));
    assertThat(ranks.get(0).steps()).isEqualTo(5);
    assertThat(ranks.get(0).stop()).isEqualTo("requested on rank 2");
  }

  @Test
  void aParameterThatDiffersEndsTheRunAtTheNextCheckpoint() {
    assertThatThrownBy(
            () ->
                new InMemoryRanks(3)
                    .run(
                        collective -> {
                          TinyModel model = new TinyModel(0);
                          return new Trained.Draft()
                              .of(model)
                              .keptIn(new CheckpointStore(folder, 3), EVERY_5)
                              .watchedBy(step -> damageAt(3, step, collective.rank() == 1, model))
                              .by(distributed(collective));
                        }))
        .cause()
        .isInstanceOf(RankDivergedException.class)
        .hasMessageContainingAll("step 5", "rank 1", "rank 0", "hidden.bias");
  }

  @Test
  void whoHasTheStepThatIsNotFiniteIsNamedByAll() {
    List<Throwable> thrown =
        new InMemoryRanks(3)
            .run(
                collective ->
                    catchThrowable(
                        () ->
                            new Trained.Draft()
                                .of(new TinyModel(0, collective.rank() == 1 ? 3 : -1))
                                .by(distributed(collective))));

    assertThat(thrown)
        .hasSize(3)
        .allSatisfy(
            each ->
                assertThat(each)
                    .isInstanceOf(NotFiniteException.class)
                    .hasMessageContaining("step 4")
                    .hasMessageContaining("on rank 1, micro-batch 0"));
  }

  @Test
  void ranksThatTrainSomethingElseAreNamed() {
    assertThatThrownBy(
            () ->
                new InMemoryRanks(3)
                    .run(
                        collective ->
                            new Trained.Draft()
                                .with(CONFIG.withEpochs(collective.rank() == 2 ? 3 : 2))
                                .by(distributed(collective))))
        .cause()
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContainingAll("training is ", "TrainingConfig[epochs=3", " on rank 2");
  }

  /** Rank 1 is interrupted after a call that follows its request to stop. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5, 6})
  void ranksAgreeWhetherTheLastStepIsValidated(int call) {
    DataSplits data =
        DataSplits.of(
            DataSpec.ofFeatures(0, List.of("no", "yes")),
            Map.of("train", TinyModel.examples(61), "validation", TinyModel.examples(20)),
            List.of(),
            "points");

    List<Trained> ranks =
        new InMemoryRanks(2)
            .run(
                collective -> {
                  Trained.Draft draft = new Trained.Draft().on(data);
                  if (collective.rank() == 1) {
                    draft.watchedBy(step -> draft.stop().request("enough"));
                  }
                  return draft.by(distributed(new Interrupting(collective, draft.stop(), call)));
                });

    assertThat(ranks.get(0)).isEqualTo(ranks.get(1));
    assertThat(ranks.get(0).steps()).isLessThan(8);
  }

  @Test
  void moreProcessesThanExamplesInABatchAreRejected() {
    assertThatThrownBy(
            () ->
                new InMemoryRanks(9)
                    .run(collective -> new Trained.Draft().by(distributed(collective))))
        .cause()
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContainingAll("training.batchSize is 8", "processes, 9");
  }

  @Test
  void aDeathEndsTheOthers() {
    assertThatThrownBy(
            () ->
                new InMemoryRanks(3)
                    .run(
                        collective -> {
                          if (collective.rank() == 1) {
                            collective.barrier(); // the first call of a trainer gathers, too
                            throw new InMemoryRanks.RankLost("rank 1 died at call 1");
                          }
                          return new Trained.Draft().by(distributed(collective));
                        }))
        .isInstanceOf(InMemoryRanks.RankLost.class)
        .hasMessageContaining("died at call");
  }

  @Test
  void roundsOfOnePlainStepAreTheSynchronousTrainingWhateverTheOptimizer() {
    TrainingConfig config = CONFIG.withOptimizer(AdamW.defaults());

    assertThat(ofRounds(config, 3, 1, new OuterOptimizerConfig(1, 0)))
        .isEqualTo(ofRounds(config, 3, 1, null));
  }

  @Test
  void localStepsThatAreAveragedAreTheStepOfTheWholeBatchWithSgd() {
    // One step an epoch ends every round after one step, though it may have two.
    TrainingConfig config =
        CONFIG
            .withEpochs(20)
            .withBatchSize(61)
            .withOptimizer(new Sgd(0.1, 0.9, 0, 0.01, true))
            .withClipNorm(null);
    List<Trained> common = ofRounds(config, 3, 1, null);
    List<Trained> local = ofRounds(config, 3, 2, new OuterOptimizerConfig(1, 0));

    assertNear(local.get(0).losses(), common.get(0).losses());
  }

  @Test
  void allRanksHaveTheSameParametersAfterRounds() {
    List<Trained> ranks = ofRounds(CONFIG.withEpochs(5), 3, 3, null);

    assertThat(ranks).allSatisfy(rank -> assertThat(rank).isEqualTo(ranks.get(0)));
    assertThat(ranks.get(0).losses().get(39)).isLessThan(ranks.get(0).losses().get(0));
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3})
  void roundsGoOnWithTheSameBits(int every) {
    Trained whole = run(CONFIG, new Interruption(99, 3, 0.2, every)).get(0);

    List<Trained> resumed = run(CONFIG, new Interruption(7, 3, 0.2, every));

    assertThat(resumed).allSatisfy(rank -> assertThat(rank.hash()).isEqualTo(whole.hash()));
  }

  /** The round of two steps that step 7 is in ends with step 8. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 4})
  void roundsGoOnInAnotherWorld(int worldSize) {
    TrainingConfig config = CONFIG.withOptimizer(AdamW.defaults());
    Interruption interruption = new Interruption(7, worldSize, 0, 2);

    List<Trained> resumed = run(config, interruption);
    List<Trained> oneMoreEpoch = resume(config.withEpochs(3), interruption.in(3));

    assertThat(resumed).allSatisfy(rank -> assertThat(rank).isEqualTo(resumed.get(0)));
    assertThat(resumed.get(0).losses()).hasSize(8);
    assertThat(oneMoreEpoch).allSatisfy(rank -> assertThat(rank.steps()).isEqualTo(24));
  }

  private List<Trained> ofRounds(
      TrainingConfig config, int worldSize, int every, OuterOptimizerConfig outer) {
    var settings = new DistributedTrainingStrategy.Config(worldSize, 0, 60, every, outer);
    return new InMemoryRanks(worldSize)
        .run(collective -> new Trained.Draft().with(config).by(settings.build(collective)));
  }

  /**
   * A run of three ranks that is stopped after a step, and goes on with some others.
   *
   * @param at the step; over 16 the run is made in one
   */
  private record Interruption(long at, int laterWorldSize, double dropout, int every) {
    Interruption in(int worldSize) {
      return new Interruption(at, worldSize, dropout, every);
    }

    DistributedTrainingStrategy.Config settings() {
      return new DistributedTrainingStrategy.Config(3, 0, 60, every, null);
    }
  }

  private CheckpointStore store(Interruption interruption) {
    return new CheckpointStore(folder.resolve("at-" + interruption.at), 9);
  }

  private List<Trained> run(TrainingConfig config, Interruption interruption) {
    List<Trained> first =
        new InMemoryRanks(3)
            .run(
                collective -> {
                  Trained.Draft draft = new Trained.Draft();
                  return draft
                      .with(config)
                      .keptIn(store(interruption), EVERY_5)
                      .of(new TinyModel(interruption.dropout))
                      .watchedBy(
                          step -> stopAt(interruption.at - 1, step, collective.rank() == 0, draft))
                      .by(interruption.settings().build(collective));
                });
    return interruption.at > 16 ? first : resume(config, interruption);
  }

  private List<Trained> resume(TrainingConfig config, Interruption interruption) {
    return new InMemoryRanks(interruption.laterWorldSize)
        .run(
            collective ->
                new Trained.Draft()
                    .with(config)
                    .keptIn(store(interruption), EVERY_5)
                    .of(new TinyModel(interruption.dropout))
                    .by(interruption.settings().build(collective)));
  }

  private static void stopAt(long at, long step, boolean here, Trained.Draft draft) {
    if (here && step == at) {
      draft.stop().request("requested on rank 2");
    }
  }

  private static void damageAt(long at, long step, boolean here, TinyModel model) {
    if (here && step == at) {
      Parameter bias =
          model.parameters().stream()
              .filter(parameter -> parameter.name().equals("hidden.bias"))
              .findFirst()
              .orElseThrow();
      try (Torch.Recording off = Torch.noGradients()) {
        bias.value().addi(1e-6f);
      }
    }
  }

  private static void assertNear(List<Double> found, List<Double> expected) {
    assertThat(found).hasSameSizeAs(expected);
    for (int i = 0; i < found.size(); i++) {
      assertThat(found.get(i)).isCloseTo(expected.get(i), within(1e-5 * expected.get(i)));
    }
  }

  private static TrainingStrategy distributed(Collective collective) {
    return DistributedTrainingStrategy.Config.defaults().build(collective);
  }

  /** With a parameter that the loss does not depend on; weight decay would change it. */
  private static final class WithIdle extends BaseModel {
    private final Linear head = new Linear(3, 2);
    private final Parameter idle = Parameter.of(Initializer.ones(), 2, 2);

    @Override
    public NDArray forward(Batch batch) {
      return head.forward(batch.features());
    }

    @Override
    public Loss lossFunction() {
      return CrossEntropy.defaults();
    }
  }

  /** Interrupts a rank that has requested to stop, after one of the calls that follow. */
  private static final class Interrupting implements Collective {
    private final Collective ranks;
    private final StopSignal stop;
    private int left;

    Interrupting(Collective ranks, StopSignal stop, int call) {
      this.ranks = ranks;
      this.stop = stop;
      left = ranks.rank() == 1 ? call : 0;
    }

    @Override
    public int rank() {
      return ranks.rank();
    }

    @Override
    public int worldSize() {
      return ranks.worldSize();
    }

    @Override
    public void allReduce(ByteBuffer numbers) {
      ranks.allReduce(numbers);
    }

    @Override
    public void broadcast(ByteBuffer bytes) {
      ranks.broadcast(bytes);
    }

    @Override
    public List<byte[]> allGather(byte[] own) {
      List<byte[]> all = ranks.allGather(own);
      if (stop.requested() && left-- == 1) {
        stop.interrupt("signal");
      }
      return all;
    }
  }
}
