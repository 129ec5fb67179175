package dev.counterpoint.core.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.counterpoint.core.callback.BestModel;
import dev.counterpoint.core.callback.Callback;
import dev.counterpoint.core.callback.EarlyStop;
import dev.counterpoint.core.callback.StopSignal;
import dev.counterpoint.core.callback.ValidationReport;
import dev.counterpoint.core.checkpoint.CheckpointPolicy;
import dev.counterpoint.core.checkpoint.CheckpointStore;
import dev.counterpoint.core.checkpoint.ModelHash;
import dev.counterpoint.core.data.DataSpec;
import dev.counterpoint.core.data.Dataset;
import dev.counterpoint.core.data.HostBatch;
import dev.counterpoint.core.data.source.DataSplits;
import dev.counterpoint.core.metric.Evaluation;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.core.training.TrainingConfig.Interval;
import dev.counterpoint.core.training.failure.NotFiniteException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Runs of three epochs of three steps, with validations within the epochs. */
class ValidateEveryTest {
  private static final TrainingConfig CONFIG =
      TrainingConfig.defaults().withEpochs(3).withBatchSize(16);
  private static final TrainingConfig EVERY_TWO = CONFIG.withValidateEvery(new Interval(2));

  @TempDir private Path temporary;
  private final StopSignal stop = new StopSignal();

  /** The steps and evaluations of the validations of a run, its model and its best step. */
  private record Trained(
      List<Long> steps, List<Evaluation> evaluations, String hash, OptionalLong best) {}

  private Trained train(TrainingConfig config, TrainingStrategy strategy, StopSignal stop) {
    return train(config, strategy, stop, TinyClassifier.examples(40), List.of());
  }

  private Trained train(
      TrainingConfig config,
      TrainingStrategy strategy,
      StopSignal stop,
      Dataset validation,
      List<Callback> callbacks) {
    List<Long> steps = new ArrayList<>();
    List<Evaluation> evaluations = new ArrayList<>();
    Callback observer =
        new Callback() {
          @Override
          public void onValidation(ValidationReport report) {
            steps.add(report.step());
            evaluations.add(report.evaluation());
          }
        };
    CheckpointStore store = new CheckpointStore(temporary.resolve("run"), 9);
    try (BaseModel model = new TinyClassifier(0.2)) {
      BestModel best = new BestModel(BestModel.Config.defaults(), model, store);
      List<Callback> all = new ArrayList<>(callbacks);
      all.add(observer);
      all.add(best);
      RunOptions options = new RunOptions(7, all, stop, store, CheckpointPolicy.defaults());
      new Trainer(model, strategy, config, options)
          .train(
              DataSplits.of(
                  DataSpec.ofFeatures(4, List.of()),
                  Map.of(
                      DataSplits.TRAIN,
                      TinyClassifier.examples(48),
                      DataSplits.VALIDATION,
                      validation),
                  List.of(),
                  "examples"));
      return new Trained(steps, evaluations, ModelHash.of(model.parameters()), best.selectedStep());
    }
  }

  @Test
  void validationsReplaceThoseOfTheEpochs() {
    Trained trained = train(EVERY_TWO, TrainingStrategy.singleProcess(), stop);

    assertThat(trained.steps()).containsExactly(2L, 4L, 6L, 8L, 9L);
  }

  @Test
  void anIntervalLongerThanTheRunLeavesTheLastStep() {
    TrainingConfig config = CONFIG.withValidateEvery(new Interval(100));

    assertThat(train(config, TrainingStrategy.singleProcess(), stop).steps()).containsExactly(9L);
  }

  @Test
  void validationsDoNotChangeTheModel() {
    String every = train(EVERY_TWO, TrainingStrategy.singleProcess(), stop).hash();
    temporary = temporary.resolve("other");

    assertThat(train(CONFIG, TrainingStrategy.singleProcess(), stop).hash()).isEqualTo(every);
  }

  @Test
  void aValidationWaitsUntilTheProcessesHaveIdenticalWeights() {
    TrainingStrategy everyThird =
        new TrainingStrategy() {
          @Override
          public boolean afterStep(TrainState state) {
            return state.step() % 3 == 0;
          }
        };

    assertThat(train(EVERY_TWO, everyThird, stop).steps()).containsExactly(3L, 6L, 9L);
  }

  @Test
  void aModelThatIsNotFiniteIsNotValidated() {
    TrainingStrategy spoiling =
        new TrainingStrategy() {
          @Override
          public boolean afterStep(TrainState state) {
            if (state.step() == 2) {
              state.model().parameters().get(0).value().muli(Float.NaN);
            }
            return true;
          }
        };

    assertThatThrownBy(() -> train(EVERY_TWO, spoiling, stop))
        .isInstanceOf(NotFiniteException.class)
        .hasMessageContaining("After step 2 the model is not finite");
    assertThat(temporary.resolve("run/best")).doesNotExist();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3})
  void anInterruptedValidationIsRepeatedOnResume(int validation) {
    Path whole = temporary.resolve("whole");
    Path cut = temporary.resolve("cut");
    temporary = whole;
    Trained uninterrupted = train(EVERY_TWO, TrainingStrategy.singleProcess(), stop);
    temporary = cut;
    StopSignal signal = new StopSignal();
    int[] batches = {0};
    Dataset interrupting =
        new Interrupting(
            TinyClassifier.examples(40),
            () -> {
              if (batches[0]++ == 3 * validation + 1) { // three batches each
                signal.interrupt("signal");
              }
            });
    Trained first =
        train(EVERY_TWO, TrainingStrategy.singleProcess(), signal, interrupting, List.of());
    Trained second = train(EVERY_TWO, TrainingStrategy.singleProcess(), new StopSignal());

    assertThat(first.steps()).isEqualTo(uninterrupted.steps().subList(0, validation));
    List<Evaluation> all = new ArrayList<>(first.evaluations());
    all.addAll(second.evaluations());
    assertThat(all).isEqualTo(uninterrupted.evaluations());
    assertThat(second.hash()).isEqualTo(uninterrupted.hash());
    assertThat(second.best()).isEqualTo(uninterrupted.best());
  }

  private record Interrupting(Dataset dataset, Runnable beforeBatch) implements Dataset {
    @Override
    public long size() {
      return dataset.size();
    }

    @Override
    public HostBatch collate(long[] examples) {
      beforeBatch.run();
      return dataset.collate(examples);
    }
  }

  @Test
  void earlyStopCountsTheValidations() {
    EarlyStop early = new EarlyStop(new EarlyStop.Config("loss", 2, 1000), stop);
    Trained trained =
        train(
            EVERY_TWO,
            TrainingStrategy.singleProcess(),
            stop,
            TinyClassifier.examples(40),
            List.of(early));

    assertThat(trained.steps()).containsExactly(2L, 4L, 6L);
  }

  @Test
  void anIntervalOfNoStepsIsRejected() {
    assertThatThrownBy(() -> new Interval(0)).isInstanceOf(InvalidSettings.class);
  }
}
