package dev.counterpoint.core.training;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.callback.BestModel;
import dev.counterpoint.core.callback.Callback;
import dev.counterpoint.core.callback.EarlyStop;
import dev.counterpoint.core.callback.MetricsFile;
import dev.counterpoint.core.callback.StepReport;
import dev.counterpoint.core.callback.StopSignal;
import dev.counterpoint.core.callback.TrainingEnd;
import dev.counterpoint.core.callback.TrainingStart;
import dev.counterpoint.core.callback.ValidationReport;
import dev.counterpoint.core.checkpoint.Checkpoint;
import dev.counterpoint.core.checkpoint.CheckpointPolicy;
import dev.counterpoint.core.checkpoint.CheckpointStore;
import dev.counterpoint.core.checkpoint.ModelHash;
import dev.counterpoint.core.data.DataSpec;
import dev.counterpoint.core.data.source.DataSplits;
import dev.counterpoint.core.internal.storage.MemoryFolder;
import dev.counterpoint.core.metric.Classification;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.optimizer.AdamW;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A run that is cut off anywhere and resumed writes the same files as an uninterrupted run. */
class CrashTest {
  private static final int EPOCHS = 3;
  private static final int REPORT_EVERY = 2;

  @TempDir(factory = MemoryFolder.class)
  private Path temporary;

  /** Makes the model worse in the last epoch, so that the best model is not the last one. */
  private static double rate(double rate, long step, long total) {
    return step > 6 ? -20 * rate : rate;
  }

  /** The results and files of a run, without speeds. */
  private record Left(
      String model,
      long steps,
      int epochs,
      double trainLoss,
      long items,
      Map<String, Double> validation,
      @Nullable String stopReason,
      List<ObjectNode> rows,
      long bestStep,
      @Nullable String bestModel) {}

  /** Receives all events after the other callbacks, and throws at one of them. */
  private static final class Crash implements Callback {
    private int left;

    Crash(int events) {
      left = events;
    }

    private void event() {
      if (left-- == 0) {
        throw new IllegalStateException("crash");
      }
    }

    @Override
    public void onStep(StepReport report) {
      event();
    }

    @Override
    public void onValidation(ValidationReport report) {
      event();
    }

    @Override
    public void onCheckpoint(long step) {
      event();
    }

    @Override
    public void onEnd(TrainingEnd end) {
      event();
    }

    boolean happened() {
      return left < 0;
    }
  }

  /** One run directory and the settings of its run. */
  private record Case(Path directory, int saveEvery, boolean background, int epochs, int patience) {
    Case(Path directory, int saveEvery, int epochs, int patience) {
      this(directory, saveEvery, true, epochs, patience);
    }

    Left train(Callback last) throws IOException {
      Files.createDirectories(directory);
      CheckpointStore checkpoints = new CheckpointStore(directory.resolve("checkpoints"), 2);
      StopSignal stop = new StopSignal();
      try (BaseModel model = new TinyClassifier(0.3)) {
        BestModel best = new BestModel(new BestModel.Config("accuracy"), model, checkpoints);
        List<Callback> callbacks =
            List.of(
                new MetricsFile(directory.resolve("metrics.jsonl"), REPORT_EVERY),
                best,
                new EarlyStop(new EarlyStop.Config("accuracy", patience, 0), stop),
                last);
        RunOptions options =
            new RunOptions(
                7,
                callbacks,
                stop,
                checkpoints,
                new CheckpointPolicy(saveEvery, 2, null, background));
        TrainingConfig config =
            TrainingConfig.defaults()
                .withEpochs(epochs)
                .withBatchSize(16)
                .withOptimizer(AdamW.of(0.02))
                .withSchedule(CrashTest::rate);
        TrainingEnd end =
            new Trainer(model, TrainingStrategy.singleProcess(), config, options).train(data());
        return left(end, model, best.selected().checkpoint().orElse(null));
      }
    }

    private Left left(TrainingEnd end, BaseModel model, @Nullable Checkpoint best)
        throws IOException {
      List<ObjectNode> rows = new ArrayList<>();
      for (String line : Files.readAllLines(directory.resolve("metrics.jsonl"))) {
        rows.add(
            new JsonMapper()
                .readValue(line, ObjectNode.class)
                .without(List.of("itemsPerSecond", "tokensPerSecond", "waitShare")));
      }
      return new Left(
          ModelHash.of(model.parameters()),
          end.steps(),
          end.epochs(),
          end.trainLoss(),
          end.examples(),
          end.validation().orElseThrow().values(),
          end.stopReason(),
          rows,
          best == null ? -1 : best.step(),
          best == null ? null : ModelHash.of(best.directory().resolve("model.safetensors")));
    }

    private static DataSplits data() {
      return DataSplits.of(
          DataSpec.ofText(0, 0, List.of("a", "b", "c")),
          Map.of(
              DataSplits.TRAIN, TinyClassifier.examples(48),
              DataSplits.VALIDATION, TinyClassifier.examples(40)),
          List.of(() -> new Classification(List.of("a", "b", "c"))),
          "");
    }
  }

  @Test
  void callbackFilesAreFlushedBeforeTheirCheckpointIsWritten() throws IOException {
    List<Long> stepsSynced = new ArrayList<>();
    Path checkpoints = temporary.resolve("checkpoints");
    Callback.Flushable writing =
        new Callback.Flushable() {
          private volatile long step;

          @Override
          public void onStep(StepReport report) {
            step = report.step();
          }

          @Override
          public void sync() {
            Path checkpoint = checkpoints.resolve("step-%08d".formatted(step));
            assertThat(Files.exists(checkpoint)).isEqualTo(stepsSynced.contains(step));
            stepsSynced.add(step);
          }
        };

    new Case(temporary, 2, false, 1, 9).train(writing);

    assertThat(stepsSynced)
        .as("the last step is saved again with its validation")
        .containsExactly(2L, 3L, 3L);
  }

  @ParameterizedTest
  @CsvSource({"2, true", "3, true", "3, false"})
  void aRunCutOffAtAnyEventEndsLikeAnUninterruptedRun(int saveEvery, boolean background)
      throws IOException {
    Left whole =
        new Case(temporary.resolve("whole"), saveEvery, EPOCHS, 9).train(new Callback() {});
    assertThat(whole.bestStep()).isBetween(1L, whole.steps() - 1);
    boolean crashed = true;
    for (int events = 0; crashed; events++) {
      Case cut = new Case(temporary.resolve("cut-" + events), saveEvery, background, EPOCHS, 9);
      Crash crash = new Crash(events);
      crashed = trainUntil(cut, crash);

      assertThat(cut.train(new Callback() {})).as("cut at event %d", events).isEqualTo(whole);
    }
  }

  @Test
  void theRemainingStepsAtTheEndHaveARow() throws IOException {
    Left whole = new Case(temporary, 3, 1, 9).train(new Callback() {});

    assertThat(whole.rows())
        .extracting(row -> row.path("split").asText() + row.path("step").asLong())
        .containsExactly("train2", "validation3", "train3");
  }

  @Test
  void anExtendedRunHasTheRowsOfARunOfThatLength() throws IOException {
    Left whole = new Case(temporary.resolve("whole"), 3, EPOCHS, 9).train(new Callback() {});
    new Case(temporary.resolve("longer"), 3, 1, 9).train(new Callback() {});

    assertThat(new Case(temporary.resolve("longer"), 3, EPOCHS, 9).train(new Callback() {}))
        .isEqualTo(whole);
  }

  @Test
  void aFinishedRunTrainsNoStepAndReportsWhy() throws IOException {
    Case done = new Case(temporary, 3, 2, 9);
    Left first = done.train(new Callback() {});
    Watcher watcher = new Watcher();

    assertThat(done.train(watcher)).isEqualTo(first);
    assertThat(watcher.steps).isZero();
    assertThat(watcher.ended).isEqualTo("all 6 steps are done");
  }

  @Test
  void anEarlyStoppedRunTrainsNoStepAndReportsWhy() throws IOException {
    Case impatient = new Case(temporary, 3, 50, 1);
    Left first = impatient.train(new Callback() {});
    assertThat(first.epochs()).isLessThan(50);
    Watcher watcher = new Watcher();

    assertThat(impatient.train(watcher)).isEqualTo(first);
    assertThat(watcher.steps).isZero();
    assertThat(watcher.ended).isEqualTo(first.stopReason()).contains("has not improved");
  }

  @Test
  void anEarlyStoppedRunResumesWithMorePatience() throws IOException {
    new Case(temporary.resolve("stopped"), 3, EPOCHS, 1).train(new Callback() {});
    Left whole = new Case(temporary.resolve("whole"), 3, EPOCHS, 9).train(new Callback() {});

    assertThat(new Case(temporary.resolve("stopped"), 3, EPOCHS, 9).train(new Callback() {}))
        .isEqualTo(whole);
  }

  private static boolean trainUntil(Case run, Crash crash) throws IOException {
    try {
      run.train(crash);
    } catch (IllegalStateException e) {
      assertThat(e).hasMessage("crash");
    }
    return crash.happened();
  }

  /** Counts the steps of one process. */
  private static final class Watcher implements Callback {
    private int steps;
    private @Nullable String ended;

    @Override
    public void onStart(TrainingStart start) {
      ended = start.endReason();
    }

    @Override
    public void onStep(StepReport report) {
      steps++;
    }
  }
}
