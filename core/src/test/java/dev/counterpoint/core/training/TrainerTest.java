package dev.counterpoint.core.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.counterpoint.core.callback.BestModel;
import dev.counterpoint.core.callback.Callback;
import dev.counterpoint.core.callback.StepReport;
import dev.counterpoint.core.callback.StopSignal;
import dev.counterpoint.core.callback.TrainingEnd;
import dev.counterpoint.core.checkpoint.CheckpointPolicy;
import dev.counterpoint.core.checkpoint.CheckpointStore;
import dev.counterpoint.core.checkpoint.ModelHash;
import dev.counterpoint.core.data.ArrayDataset;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.data.DataSpec;
import dev.counterpoint.core.data.Dataset;
import dev.counterpoint.core.data.HostBatch;
import dev.counterpoint.core.data.source.DataSplits;
import dev.counterpoint.core.kernel.Precision;
import dev.counterpoint.core.kernel.Torch;
import dev.counterpoint.core.loss.Loss;
import dev.counterpoint.core.loss.LossSum;
import dev.counterpoint.core.metric.Metric;
import dev.counterpoint.core.metric.Mode;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.optimizer.AdamW;
import dev.counterpoint.core.optimizer.Sgd;
import dev.counterpoint.core.parameter.Gradients;
import dev.counterpoint.core.schedule.Constant;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.core.training.failure.NotFiniteException;
import dev.counterpoint.core.training.failure.OutOfMemoryException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TrainerTest {
  private static final TrainingConfig CONFIG =
      TrainingConfig.defaults().withEpochs(3).withBatchSize(16);

  @TempDir private Path directory;

  @Test
  void trainingReducesTheLoss() {
    try (BaseModel model = new TinyClassifier(0)) {
      TrainingConfig config = CONFIG.withEpochs(20).withOptimizer(AdamW.of(0.02));
      TrainingEnd end = new Trainer(model, config).train(TinyClassifier.examples(500));

      assertThat(end.trainLoss()).isLessThan(0.2);
      assertThat(end.steps()).isEqualTo(20 * 32);
      assertThat(end.examples()).isEqualTo(20 * 500);
    }
  }

  @Test
  void microBatchesComputeTheSameSteps() {
    List<StepReport> whole = reports(CONFIG, TinyClassifier.examples(100));
    List<StepReport> parts = reports(CONFIG.withMicroBatchSize(5), TinyClassifier.examples(100));

    assertThat(parts).hasSameSizeAs(whole);
    for (int i = 0; i < whole.size(); i++) {
      assertThat(parts.get(i).loss()).isCloseTo(whole.get(i).loss(), within(1e-5));
      assertThat(parts.get(i).gradientNorm()).isCloseTo(whole.get(i).gradientNorm(), within(1e-5));
    }
  }

  @Test
  void aRunWithTheSameSeedIsBitwiseReproducible() {
    assertThat(hashAfterTraining(1))
        .isEqualTo(hashAfterTraining(1))
        .isNotEqualTo(hashAfterTraining(2));
  }

  @Test
  void aResumedRunEqualsAnUninterruptedRun() {
    String uninterrupted = hashAfterTraining(7);
    for (long stopAt : List.of(1L, 7L, 13L)) {
      Path checkpoints = directory.resolve("stopped-at-" + stopAt);
      try (BaseModel model = new TinyClassifier(0.3)) {
        StopSignal stop = new StopSignal();
        Callback stopper =
            new Callback() {
              @Override
              public void onStep(StepReport report) {
                if (report.step() == stopAt) {
                  stop.request("enough");
                }
              }
            };
        TrainingEnd end = train(model, stopper, stop, checkpoints);
        assertThat(end.stopReason()).isEqualTo("enough");
      }
      try (BaseModel model = new TinyClassifier(0.3)) {
        train(model, new Callback() {}, new StopSignal(), checkpoints);
        assertThat(ModelHash.of(model.parameters())).isEqualTo(uninterrupted);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "8, 100, 16, another seed (7; now 8)",
    "7, 96, 16, another number of examples (100; now 96)",
    "7, 100, 32, another batch size (16; now 32)"
  })
  void aCheckpointOfOtherStepsIsRejected(long seed, int examples, int batchSize, String message) {
    Path checkpoints = directory.resolve("other");
    try (BaseModel model = new TinyClassifier(0)) {
      train(model, new Callback() {}, new StopSignal(), checkpoints);
    }
    try (BaseModel model = new TinyClassifier(0)) {
      RunOptions options = options(seed, new Callback() {}, new StopSignal(), checkpoints);
      TrainingConfig config = CONFIG.withBatchSize(batchSize);
      Trainer trainer = new Trainer(model, TrainingStrategy.singleProcess(), config, options);
      assertThatThrownBy(() -> trainer.train(TinyClassifier.examples(examples)))
          .isInstanceOf(InvalidSettings.class)
          .hasMessageContaining(message);
    }
  }

  @Test
  void aRunWithoutACompleteCheckpointDoesNotStartFromScratch() throws IOException {
    Path checkpoints = directory.resolve("damaged");
    try (BaseModel model = new TinyClassifier(0)) {
      train(model, new Callback() {}, new StopSignal(), checkpoints);
    }
    try (Stream<Path> steps = Files.list(checkpoints)) {
      for (Path step : steps.toList()) {
        Files.delete(step.resolve("model.safetensors"));
      }
    }
    try (BaseModel model = new TinyClassifier(0)) {
      assertThatThrownBy(() -> train(model, new Callback() {}, new StopSignal(), checkpoints))
          .isInstanceOf(InvalidSettings.class)
          .hasMessageContaining("model.safetensors is damaged: ")
          .hasMessageContaining("No checkpoint is complete");
    }
  }

  @Test
  void aNonFiniteModelIsNotSaved() throws IOException {
    Path checkpoints = directory.resolve("spoilt");
    try (BaseModel model = new TinyClassifier(0)) {
      Callback spoiler =
          new Callback() {
            @Override
            public void onStep(StepReport report) {
              if (report.step() == 5) {
                model.parameters().get(0).value().muli(Float.NaN);
              }
            }
          };
      assertThatThrownBy(() -> train(model, spoiler, new StopSignal(), checkpoints))
          .isInstanceOf(NotFiniteException.class)
          .hasMessageContaining("After step 5 the model is not finite");
      assertThat(new CheckpointStore(checkpoints, 1).newest().checkpoint()).isEmpty();
    }
  }

  @Test
  void callbacksReceiveAFailureInsteadOfTheEnd() {
    List<String> events = new ArrayList<>();
    Callback recorder =
        new Callback() {
          @Override
          public void onStep(StepReport report) {
            throw new IllegalStateException("step " + report.step());
          }

          @Override
          public void onEnd(TrainingEnd end) {
            events.add("end");
          }

          @Override
          public void onFailure(RuntimeException failure) {
            events.add(String.valueOf(failure.getMessage()));
          }
        };
    try (BaseModel model = new TinyClassifier(0)) {
      assertThatThrownBy(
              () -> train(model, recorder, new StopSignal(), directory.resolve("failed")))
          .isInstanceOf(IllegalStateException.class);
    }

    assertThat(events).containsExactly("step 1");
  }

  @Test
  void aNonFiniteLossStopsBeforeTheUpdateAndNamesItsExamples() {
    try (BaseModel model = new TinyClassifier(0)) {
      float[][] features = new float[10][4];
      features[3][0] = Float.NaN;
      Dataset dataset = ArrayDataset.ofClasses(features, new long[10]);
      TrainingConfig config = CONFIG.withBatchSize(10).withMicroBatchSize(1);

      assertThatThrownBy(() -> new Trainer(model, config).train(dataset))
          .isInstanceOf(NotFiniteException.class)
          .hasMessageContaining("loss is not finite at step 1 (epoch 1, step 1 of it), micro-batch")
          .hasMessageContaining("Examples of the step: example 3.")
          .hasMessageContaining("the features of example 3 are not finite")
          .hasMessageNotContaining("learning rate");
      model.parameters().forEach(it -> assertThat(it.value().isNaN().any().getBoolean()).isFalse());
    }
  }

  @Test
  void aNonFiniteLossOfFiniteInputsAtStepOneIsNotBlamedOnTheLearningRate() {
    try (BaseModel model = new TinyClassifier(0)) {
      model.replaceLoss(
          (output, batch) -> new LossSum(output.sum().div(0).sub(output.sum().div(0)), 1));

      assertThatThrownBy(() -> new Trainer(model, CONFIG).train(TinyClassifier.examples(20)))
          .isInstanceOf(NotFiniteException.class)
          .hasMessageContaining("step 1 ")
          .hasMessageContaining("The inputs are finite");
    }
  }

  @Test
  void aLossOfBroadcastLabelsIsRejected() {
    assertRejected(
        (output, batch) -> {
          NDArray difference = output.get(":, :1").sub(batch.labels()); // (batch, batch)
          return new LossSum(difference.square().sum(), difference.size());
        },
        "broadcast");
  }

  @Test
  void theBestModelIsTheOneWithTheLowestValueIfTheMetricDeclaresSo() throws IOException {
    assertThat(bestStep(Optional.of(Mode.MIN), null)).isEqualTo(30);
    assertThat(bestStep(Optional.of(Mode.MAX), null)).isEqualTo(10);
    assertThat(bestStep(Optional.of(Mode.MAX), Mode.MIN)).isEqualTo(30);
    assertThat(bestStep(Optional.empty(), Mode.MIN)).isEqualTo(30);
    assertThatThrownBy(() -> bestStep(Optional.empty(), null))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("\"distance\"");
  }

  /** The step of the best model of a run of 30 steps, whose metric falls with each epoch. */
  private long bestStep(Optional<Mode> declared, @Nullable Mode configured) throws IOException {
    int[] passes = {0};
    Supplier<Metric> distance =
        () ->
            new Metric() {
              private double sum;

              @Override
              public void add(NDArray output, Batch batch) {
                sum = -passes[0];
              }

              @Override
              public Optional<Mode> mode(String name) {
                return declared;
              }

              @Override
              public double[] sums() {
                return new double[] {sum};
              }

              @Override
              public Map<String, Double> values(double[] sums) {
                passes[0]++;
                return Map.of("distance", sums[0]);
              }
            };
    Dataset examples = TinyClassifier.examples(100);
    CheckpointStore checkpoints =
        new CheckpointStore(directory.resolve(declared + "-" + configured), 1);
    try (BaseModel model = new TinyClassifier(0)) {
      BestModel best =
          new BestModel(new BestModel.Config("distance", configured), model, checkpoints);
      new Trainer(
              model,
              TrainingStrategy.singleProcess(),
              CONFIG.withEpochs(3).withBatchSize(10),
              new RunOptions(
                  7, List.of(best), new StopSignal(), checkpoints, CheckpointPolicy.defaults()))
          .train(
              DataSplits.of(
                  DataSpec.ofFeatures(4, List.of()),
                  Map.of(DataSplits.TRAIN, examples, DataSplits.VALIDATION, examples),
                  List.of(distance),
                  "examples"));
      return best.selected().checkpoint().orElseThrow().step();
    }
  }

  @Test
  void aModelWithAllParametersFrozenIsRejected() {
    try (BaseModel model = new TinyClassifier(0)) {
      model.freeze("*");

      assertThatThrownBy(() -> new Trainer(model, CONFIG).train(TinyClassifier.examples(20)))
          .isInstanceOf(InvalidSettings.class)
          .hasMessageContaining("all are frozen");
    }
  }

  @Test
  void layerDecayRequiresNumberedLayers() {
    try (BaseModel model = new TinyClassifier(0)) {
      Trainer trainer = new Trainer(model, CONFIG.withLayerDecay(0.8));

      assertThatThrownBy(() -> trainer.train(TinyClassifier.examples(20)))
          .isInstanceOf(InvalidSettings.class)
          .hasMessageContaining("layerDecay requires numbered layers");
    }
  }

  @Test
  void inBfloat16ASeedDecidesEveryBitAndTheLossFallsAsInFloat32() {
    TrainingConfig half = CONFIG.withPrecision(Precision.BFLOAT16);
    List<StepReport> first = reports(half, TinyClassifier.examples(100));
    List<StepReport> second = reports(half, TinyClassifier.examples(100));
    List<StepReport> whole = reports(CONFIG, TinyClassifier.examples(100));

    for (int i = 0; i < whole.size(); i++) {
      assertThat(second.get(i).loss()).isEqualTo(first.get(i).loss());
      assertThat(first.get(i).loss())
          .isCloseTo(whole.get(i).loss(), within(0.02))
          .isNotEqualTo(whole.get(i).loss());
    }
  }

  @Test
  void gradientsAreClippedByValueBeforeTheStep() {
    TrainingConfig tiny =
        CONFIG
            .withEpochs(1)
            .withBatchSize(100)
            .withSchedule(Constant.defaults())
            .withOptimizer(new Sgd(1, 0, 0, 0, false))
            .withClipNorm(null)
            .withClipValue(1e-3);
    try (BaseModel model = new TinyClassifier(0);
        BaseModel before = new TinyClassifier(0)) {
      before.initialize(Device.cpu(), 0);
      new Trainer(model, tiny).train(TinyClassifier.examples(100));

      for (int i = 0; i < model.parameters().size(); i++) {
        NDArray step = model.parameters().get(i).value().sub(before.parameters().get(i).value());
        assertThat(step.abs().max().getFloat()).isBetween(0.9e-3f, 1.1e-3f);
      }
    }
  }

  @Test
  void stepsLeaveNoNativeArraysBehind() {
    List<Integer> alive = new ArrayList<>();
    Callback counter =
        new Callback() {
          @Override
          public void onStep(StepReport report) {
            alive.add(liveArrays());
          }
        };
    try (BaseModel model = new TinyClassifier(0.1)) {
      train(model, counter, new StopSignal(), directory.resolve("counted"));
    }
    assertThat(alive.subList(2, 12)).containsOnly(alive.get(2));
  }

  @Test
  void gradientsArePassedOnlyForRequestedSteps() {
    Map<Long, Double> shown = new TreeMap<>();
    Map<Long, Double> norms = new TreeMap<>();
    Callback watcher =
        new Callback.ObservesGradients() {
          @Override
          public boolean wantsGradients(long step) {
            return step % 3 == 0;
          }

          @Override
          public void onGradients(long step, List<Gradients.Gradient> gradients) {
            double squares = 0;
            for (Gradients.Gradient gradient : gradients) {
              for (float value : gradient.array().toFloatArray()) {
                squares += (double) value * value;
              }
            }
            shown.put(step, Math.sqrt(squares));
          }

          @Override
          public void onStep(StepReport report) {
            norms.put(report.step(), Math.min(1, report.gradientNorm()));
          }
        };
    try (BaseModel model = new TinyClassifier(0)) {
      train(model, watcher, new StopSignal(), directory.resolve("watched"));
    }
    assertThat(shown).containsOnlyKeys(3L, 6L, 9L, 12L, 15L, 18L, 21L);
    shown.forEach((step, norm) -> assertThat(norm).isCloseTo(norms.get(step), within(1e-5)));
  }

  /** Arrays of prefetched batches are not counted, since their number varies. */
  private static int liveArrays() {
    try (NDManager manager = Torch.newManager(Device.cpu())) {
      return (int)
          manager.getParentManager().getManagedArrays().stream()
              .filter(array -> array.getDataType() == DataType.FLOAT32)
              .filter(it -> it.getShape().dimension() != 2 || it.getShape().tail() != 4)
              .count();
    }
  }

  @Test
  void outOfMemoryNamesTheBatchAndTheSettingsToLower() {
    try (BaseModel model = new TinyClassifier(0)) {
      model.replaceLoss(
          (output, batch) -> new LossSum(output.getManager().zeros(new Shape(1L << 45)).sum(), 1));

      assertThatThrownBy(() -> new Trainer(model, CONFIG).train(TinyClassifier.examples(10)))
          .isInstanceOf(OutOfMemoryException.class)
          .hasMessageContaining(
              "not enough memory for step 1, micro-batch 0 (features (10, 4), labels (10))")
          .hasMessageContaining("Lower microBatchSize")
          .hasMessageContaining("batchSize, or maxLength");
    }
  }

  @Test
  void anErrorOfTheDatasetIsNotWrapped() {
    Dataset broken =
        failing(
            () -> {
              throw new IllegalStateException("the disk is gone");
            });
    try (BaseModel model = new TinyClassifier(0)) {
      assertThatThrownBy(() -> new Trainer(model, CONFIG).train(broken))
          .hasMessage("the disk is gone");
    }
  }

  @Test
  void outOfMemoryWhileLoadingNamesTheExamplesOfTheStep() {
    Dataset large =
        failing(
            () -> {
              throw new OutOfMemoryError("heap");
            });
    try (BaseModel model = new TinyClassifier(0)) {
      assertThatThrownBy(() -> new Trainer(model, CONFIG).train(large))
          .isInstanceOf(OutOfMemoryException.class)
          .hasMessageContaining("not enough memory for the examples of step 1.");
    }
  }

  private static Dataset failing(Supplier<HostBatch> failure) {
    return new Dataset() {
      @Override
      public long size() {
        return 10;
      }

      @Override
      public HostBatch collate(long[] examples) {
        return failure.get();
      }
    };
  }

  @Test
  void aLossWithoutTrainableParametersIsRejected() {
    assertRejected(
        (output, batch) -> new LossSum(output.getManager().ones(new Shape()), 1),
        "does not depend on any trainable parameter");
  }

  @Test
  @SuppressWarnings("NullAway")
  void aLossThatReturnsNullIsNamed() {
    assertRejected((output, batch) -> null, ".of returned null.");
  }

  private static void assertRejected(Loss loss, String message) {
    try (BaseModel model = new TinyClassifier(0)) {
      model.replaceLoss(loss);

      assertThatThrownBy(() -> new Trainer(model, CONFIG).train(TinyClassifier.examples(10)))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining(message);
    }
  }

  @Test
  void anotherLossReplacesTheLossOfTheModel() {
    try (BaseModel model = new TinyClassifier(0)) {
      model.replaceLoss(
          (output, batch) -> {
            NDArray half = output.square().sum().mul(0.5f);
            return new LossSum(half, batch.size());
          });
      TrainingEnd end =
          new Trainer(model, CONFIG.withEpochs(30)).train(TinyClassifier.examples(200));

      assertThat(end.trainLoss()).isLessThan(1e-3);
    }
  }

  private String hashAfterTraining(long seed) {
    try (BaseModel model = new TinyClassifier(0.3)) {
      new Trainer(
              model,
              TrainingStrategy.singleProcess(),
              CONFIG,
              new RunOptions(seed, List.of(), new StopSignal(), null, CheckpointPolicy.defaults()))
          .train(TinyClassifier.examples(100));
      return ModelHash.of(model.parameters());
    }
  }

  private static TrainingEnd train(
      BaseModel model, Callback callback, StopSignal stop, Path checkpoints) {
    return new Trainer(
            model,
            TrainingStrategy.singleProcess(),
            CONFIG,
            options(7, callback, stop, checkpoints))
        .train(TinyClassifier.examples(100));
  }

  private static RunOptions options(
      long seed, Callback callback, StopSignal stop, Path checkpoints) {
    return new RunOptions(
        seed,
        List.of(callback),
        stop,
        new CheckpointStore(checkpoints, 2),
        new CheckpointPolicy(5, 2, null));
  }

  private static List<StepReport> reports(TrainingConfig config, Dataset dataset) {
    List<StepReport> reports = new ArrayList<>();
    Callback watcher =
        new Callback() {
          @Override
          public void onStep(StepReport report) {
            reports.add(report);
          }
        };
    try (BaseModel model = new TinyClassifier(0)) {
      new Trainer(
              model,
              TrainingStrategy.singleProcess(),
              config,
              new RunOptions(
                  3, List.of(watcher), new StopSignal(), null, CheckpointPolicy.defaults()))
          .train(dataset);
    }
    return reports;
  }
}
