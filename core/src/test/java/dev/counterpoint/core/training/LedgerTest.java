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
 * The books of a run: which items the model was given for which step. Every item is used exactly
 * once an epoch, wherever the run is killed.
 */
final class LedgerTest {
  private static final int EPOCHS = 3;

  @TempDir private Path directory;

  /** The items of each step; what a killed run did after its last checkpoint is done again. */
  private final Map<Long, List<Long>> books = new TreeMap<>();

  private List<Long> page = new ArrayList<>();

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
  void everyItemIsUsedOnceAnEpochAcrossKillsAtEveryStep(
      int items, int batchSize, int microBatchSize, boolean byLength) {
    Run run = new Run(new Numbers(items), batchSize, microBatchSize, byLength);
    run.killedAt(Long.MAX_VALUE, directory.resolve("whole"));
    Map<Long, List<Long>> uninterrupted = new TreeMap<>(books);
    assertEveryItemOnceAnEpoch(items, batchSize);
    long steps = books.size();

    for (long kill = 1; kill <= steps; kill++) {
      books.clear();
      Path killed = directory.resolve("killed-" + kill);
      run.killedAt(kill, killed);
      run.killedAt(Math.min(steps, kill + 2), killed); // once more, soon after
      run.killedAt(Long.MAX_VALUE, killed);

      assertThat(books).isEqualTo(uninterrupted);
    }
  }

  private void assertEveryItemOnceAnEpoch(int items, int batchSize) {
    int stepsPerEpoch = (items + batchSize - 1) / batchSize;
    assertThat(books).hasSize(EPOCHS * stepsPerEpoch);
    for (int epoch = 0; epoch < EPOCHS; epoch++) {
      List<Long> used = new ArrayList<>();
      for (long step = 1; step <= stepsPerEpoch; step++) {
        used.addAll(books.get((long) epoch * stepsPerEpoch + step));
      }
      assertThat(used)
          .containsExactlyInAnyOrderElementsOf(LongStream.range(0, items).boxed().toList());
    }
  }

  /** A run over the numbers that is killed and started again. */
  private final class Run {
    private final Dataset items;
    private final TrainingConfig config;

    Run(Dataset items, int batchSize, int microBatchSize, boolean byLength) {
      this.items = items;
      config =
          TrainingConfig.defaults()
              .withEpochs(EPOCHS)
              .withBatchSize(batchSize)
              .withMicroBatchSize(microBatchSize)
              .withGroupByLength(byLength);
    }

    /** Trains until the step is made, but nothing after it; a kill leaves no time to save. */
    void killedAt(long step, Path checkpoints) {
      RunOptions options =
          new RunOptions(
              11,
              List.of(new Bookkeeper(step)),
              new StopSignal(),
              new CheckpointStore(checkpoints, 2),
              new CheckpointPolicy(3, 2, null));
      page = new ArrayList<>();
      try (BaseModel model = new Reader()) {
        Trainer trainer = new Trainer(model, TrainingStrategy.singleProcess(), config, options);
        if (step == Long.MAX_VALUE) {
          trainer.train(items);
        } else {
          assertThatThrownBy(() -> trainer.train(items)).isInstanceOf(Killed.class);
        }
      }
    }
  }

  /** Writes a page for each step that was made. */
  private final class Bookkeeper implements Callback {
    private final long last;

    Bookkeeper(long last) {
      this.last = last;
    }

    @Override
    public void onStep(StepReport report) {
      books.put(report.step(), page);
      page = new ArrayList<>();
      if (report.step() >= last) {
        throw new Killed();
      }
    }
  }

  private static final class Killed extends RuntimeException {}

  /** Notes the items that it is given. */
  private final class Reader extends BaseModel {
    private final Linear head = new Linear(1, 1);

    @Override
    public NDArray forward(Batch batch) {
      for (float item : batch.features().toFloatArray()) {
        page.add((long) item);
      }
      return head.forward(batch.features());
    }

    @Override
    public Loss lossFunction() {
      return new MeanSquaredError();
    }
  }

  /** Items that are their own number, of different lengths. */
  private record Numbers(long size) implements Dataset.OfVariableLength {
    @Override
    public HostBatch collate(long[] items) {
      float[] numbers = new float[items.length];
      for (int i = 0; i < items.length; i++) {
        numbers[i] = items[i];
      }
      HostTensor column = HostTensor.of(numbers, items.length, 1);
      return HostBatch.of(items.length, Map.of(Batch.FEATURES, column, Batch.LABELS, column));
    }

    @Override
    public int length(long item) {
      return 1 + (int) (item * 7 % 5);
    }
  }
}
