package dev.counterpoint.core.optimizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import dev.counterpoint.core.callback.Callback;
import dev.counterpoint.core.callback.StepReport;
import dev.counterpoint.core.callback.StopSignal;
import dev.counterpoint.core.callback.ValidationReport;
import dev.counterpoint.core.checkpoint.CheckpointPolicy;
import dev.counterpoint.core.checkpoint.CheckpointStore;
import dev.counterpoint.core.checkpoint.ModelHash;
import dev.counterpoint.core.data.ArrayDataset;
import dev.counterpoint.core.data.DataSpec;
import dev.counterpoint.core.data.source.DataSplits;
import dev.counterpoint.core.kernel.Torch;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.parameter.Initializer;
import dev.counterpoint.core.parameter.Parameter;
import dev.counterpoint.core.training.Evaluator;
import dev.counterpoint.core.training.RunOptions;
import dev.counterpoint.core.training.TinyClassifier;
import dev.counterpoint.core.training.Trainer;
import dev.counterpoint.core.training.TrainingConfig;
import dev.counterpoint.core.training.TrainingStrategy;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WeightAverageTest {
  private static final AverageWeights HALF = new AverageWeights(0.5);
  private static final TrainingConfig CONFIG =
      TrainingConfig.defaults().withEpochs(3).withBatchSize(16);

  @TempDir private Path directory;
  private final NDManager manager = Torch.newManager(Device.cpu());

  @AfterEach
  void close() {
    manager.close();
  }

  private Parameter parameter() {
    Parameter parameter = Parameter.of(Initializer.constant(9), 2);
    parameter.setName("a");
    parameter.initialize(manager, 1);
    return parameter;
  }

  private static void set(Parameter parameter, double value) {
    try (Torch.Recording off = Torch.noGradients()) {
      parameter.value().set(new NDIndex(":"), value);
    }
  }

  private static float first(Parameter parameter) {
    return parameter.value().toFloatArray()[0];
  }

  @Test
  void theFirstStepBeginsItAndEachLaterOneIsMixedIn() {
    Parameter parameter = parameter();
    try (WeightAverage average = new WeightAverage(List.of(parameter), new AverageWeights(0.75))) {
      set(parameter, 4);
      average.update(true);
      set(parameter, 8);
      average.update(false);

      NDArray kept = average.state().get("a/average");
      assertThat(kept.toFloatArray()[0]).isCloseTo(0.75f * 4 + 0.25f * 8, within(1e-6f));
    }
  }

  @Test
  void theModelsOwnWeightsComeBackBitForBit() {
    Parameter parameter = parameter();
    try (WeightAverage average = new WeightAverage(List.of(parameter), HALF)) {
      set(parameter, 4);
      average.update(true);
      set(parameter, 0.1f);
      try (WeightAverage.Exchange exchange = average.inPlace()) {
        assertThat(first(parameter)).isEqualTo(4);
      }
      assertThat(first(parameter)).isEqualTo(0.1f);
      assertThat(average.state().get("a/average").toFloatArray()[0]).isEqualTo(4);
    }
  }

  @Test
  void frozenParametersHaveNone() {
    Parameter parameter = parameter();
    parameter.setTrainable(false);
    try (WeightAverage average = new WeightAverage(List.of(parameter), HALF)) {
      average.update(true);

      assertThat(average.state()).isEmpty();
    }
  }

  @Test
  void whereNoneIsAskedForNothingIsKept() {
    Parameter parameter = parameter();
    try (WeightAverage average = new WeightAverage(List.of(parameter), null)) {
      average.update(true);
      average.inPlace();

      assertThat(average.state()).isEmpty();
      assertThat(first(parameter)).isEqualTo(9);
    }
  }

  @Test
  void trainingGoesTheSameWayAndEndsInTheAverage() {
    List<Double> without = new ArrayList<>();
    List<Double> with = new ArrayList<>();
    String plain = hash(CONFIG, without, null);
    String averaged = hash(CONFIG.withAverageWeights(HALF), with, null);

    assertThat(with).isEqualTo(without);
    assertThat(averaged).isNotEqualTo(plain);
  }

  @Test
  void theAverageIsWhatIsValidated() {
    TrainingConfig slow = CONFIG.withEpochs(1).withAverageWeights(new AverageWeights(0.99));
    List<Double> losses = new ArrayList<>();
    Callback watcher =
        new Callback() {
          @Override
          public void onValidation(ValidationReport report) {
            losses.add(report.evaluation().value("loss"));
          }
        };
    ArrayDataset items = TinyClassifier.examples(100);
    try (BaseModel model = new TinyClassifier(0)) {
      new Trainer(
              model,
              TrainingStrategy.singleProcess(),
              slow,
              options(watcher, new StopSignal(), null))
          .train(
              DataSplits.of(
                  DataSpec.ofFeatures(0, List.of()),
                  Map.of(DataSplits.TRAIN, items, DataSplits.VALIDATION, items),
                  List.of(),
                  ""));
      Evaluator evaluator = new Evaluator(model, List.of(), 16);

      assertThat(losses).containsExactly(evaluator.evaluate(items).value("loss"));
    }
  }

  @Test
  void aRunThatGoesOnHasTheAverageOfTheUninterruptedOne() {
    TrainingConfig config = CONFIG.withAverageWeights(HALF);
    String uninterrupted = hash(config, new ArrayList<>(), null);
    Path checkpoints = directory.resolve("stopped");
    StopSignal stop = new StopSignal();
    Callback stopper =
        new Callback() {
          @Override
          public void onStep(StepReport report) {
            if (report.step() == 9) {
              stop.request("enough");
            }
          }
        };
    try (BaseModel model = new TinyClassifier(0.3)) {
      new Trainer(
              model, TrainingStrategy.singleProcess(), config, options(stopper, stop, checkpoints))
          .train(TinyClassifier.examples(100));
    }

    assertThat(hash(config, new ArrayList<>(), checkpoints)).isEqualTo(uninterrupted);
  }

  private static String hash(TrainingConfig config, List<Double> losses, @Nullable Path store) {
    Callback watcher =
        new Callback() {
          @Override
          public void onStep(StepReport report) {
            losses.add(report.loss());
          }
        };
    try (BaseModel model = new TinyClassifier(0.3)) {
      new Trainer(
              model,
              TrainingStrategy.singleProcess(),
              config,
              options(watcher, new StopSignal(), store))
          .train(TinyClassifier.examples(100));
      return ModelHash.of(model.parameters());
    }
  }

  private static RunOptions options(Callback callback, StopSignal stop, @Nullable Path store) {
    return new RunOptions(
        7,
        List.of(callback),
        stop,
        store == null ? null : new CheckpointStore(store, 2),
        CheckpointPolicy.defaults());
  }
}
