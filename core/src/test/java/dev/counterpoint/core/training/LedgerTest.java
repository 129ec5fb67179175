package dev.counterpoint.core.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.callback.Callback;
import dev.counterpoint.core.callback.StepReport;
import dev.counterpoint.core.callback.StopSignal;
import dev.counterpoint.core.checkpoint.CheckpointPolicy;
import dev.counterpoint.core.checkpoint.CheckpointStore;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.data.Dataset;
import dev.counterpoint.core.data.HostBatch;
import dev.counterpoint.core.data.HostTensor;
import dev.counterpoint.core.loss.Loss;
import dev.counterpoint.core.loss.MeanSquaredError;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.model.Linear;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.LongStream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Records which examples the model received in which step. Every example is used exactly once per
 * epoch, regardless of where the run is killed.
 */
final class LedgerTest {
  private static final int EPOCHS = 3;

  @TempDir private Path directory;

  /** The examples of each step; a resumed run overwrites the steps that it repeats. */
  private final Map<Long, List<Long>> examplesByStep = new TreeMap<>();

  private List<Long> stepExamples = new ArrayList<>();

  @ParameterizedTest
  @CsvSource({
    "1, 1, 1, false",
    "7, 3, 3, false",
    "7, 3, 2, true",
    "10, 16, 5, false",
    "23, 5, 2, true",
    "24, 6, 4, false",
    "29, 4, 3, true"
  })
  void everyExampleIsUsedOnceAnEpochDespiteKillsAtAnyStep(
      int examples, int batchSize, int microBatchSize, boolean byLength) {
    Run run = new Run(new Numbers(examples), batchSize, microBatchSize, byLength);
    run.killedAt(Long.MAX_VALUE, directory.resolve("whole"));
    Map<Long, List<Long>> uninterrupted = new TreeMap<>(examplesByStep);
    assertEveryExampleOnceAnEpoch(examples, batchSize);
    long steps = examplesByStep.size();

    for (long kill = 1; kill <= steps; kill++) {
      examplesByStep.clear();
      Path killed = directory.resolve("killed-" + kill);
      run.killedAt(kill, killed);
      run.killedAt(Math.min(steps, kill + 2), killed); // a second kill soon after
      run.killedAt(Long.MAX_VALUE, killed);

      assertThat(examplesByStep).isEqualTo(uninterrupted);
    }
  }

  private void assertEveryExampleOnceAnEpoch(int examples, int batchSize) {
    int stepsPerEpoch = (examples + batchSize - 1) / batchSize;
    assertThat(examplesByStep).hasSize(EPOCHS * stepsPerEpoch);
    for (int epoch = 0; epoch < EPOCHS; epoch++) {
      List<Long> used = new ArrayList<>();
      for (long step = 1; step <= stepsPerEpoch; step++) {
        used.addAll(examplesByStep.get((long) epoch * stepsPerEpoch + step));
      }
      assertThat(used)
          .containsExactlyInAnyOrderElementsOf(LongStream.range(0, examples).boxed().toList());
    }
  }

  /** A run over the numbers that is killed and resumed. */
  private final class Run {
    private final Dataset examples;
    private final TrainingConfig config;

    Run(Dataset examples, int batchSize, int microBatchSize, boolean byLength) {
      this.examples = examples;
      config =
          TrainingConfig.defaults()
              .withEpochs(EPOCHS)
              .withBatchSize(batchSize)
              .withMicroBatchSize(microBatchSize)
              .withGroupByLength(byLength);
    }

    /** Trains until a step is done, then throws without saving, like a kill. */
    void killedAt(long step, Path checkpoints) {
      RunOptions options =
          new RunOptions(
              11,
              List.of(new Recorder(step)),
              new StopSignal(),
              new CheckpointStore(checkpoints, 2),
              new CheckpointPolicy(3, 2, null));
      stepExamples = new ArrayList<>();
      try (BaseModel model = new Reader()) {
        Trainer trainer = new Trainer(model, TrainingStrategy.singleProcess(), config, options);
        if (step == Long.MAX_VALUE) {
          trainer.train(examples);
        } else {
          assertThatThrownBy(() -> trainer.train(examples)).isInstanceOf(Killed.class);
        }
      }
    }
  }

  /** Records the examples of each completed step. */
  private final class Recorder implements Callback {
    private final long last;

    Recorder(long last) {
      this.last = last;
    }

    @Override
    public void onStep(StepReport report) {
      examplesByStep.put(report.step(), stepExamples);
      stepExamples = new ArrayList<>();
      if (report.step() >= last) {
        throw new Killed();
      }
    }
  }

  private static final class Killed extends RuntimeException {}

  /** Records the examples in its batches. */
  private final class Reader extends BaseModel {
    private final Linear head = new Linear(1, 1);

    @Override
    public NDArray forward(Batch batch) {
      for (float example : batch.features().toFloatArray()) {
        stepExamples.add((long) example);
      }
      return head.forward(batch.features());
    }

    @Override
    public Loss lossFunction() {
      return new MeanSquaredError();
    }
  }

  /** Examples that contain their index, with different lengths. */
  private record Numbers(long size) implements Dataset.OfVariableLength {
    @Override
    public HostBatch collate(long[] examples) {
      float[] numbers = new float[examples.length];
      for (int i = 0; i < examples.length; i++) {
        numbers[i] = examples[i];
      }
      HostTensor column = HostTensor.of(numbers, examples.length, 1);
      return HostBatch.of(examples.length, Map.of(Batch.FEATURES, column, Batch.LABELS, column));
    }

    @Override
    public int length(long example) {
      return 1 + (int) (example * 7 % 5);
    }
  }
}
