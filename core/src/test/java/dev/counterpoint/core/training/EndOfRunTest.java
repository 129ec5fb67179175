package dev.counterpoint.core.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.counterpoint.core.callback.Callback;
import dev.counterpoint.core.callback.MetricsFile;
import dev.counterpoint.core.callback.StopSignal;
import dev.counterpoint.core.callback.TrainingEnd;
import dev.counterpoint.core.checkpoint.CheckpointPolicy;
import dev.counterpoint.core.checkpoint.CheckpointStore;
import dev.counterpoint.core.checkpoint.ModelHash;
import dev.counterpoint.core.data.DataSpec;
import dev.counterpoint.core.data.Dataset;
import dev.counterpoint.core.data.HostBatch;
import dev.counterpoint.core.data.source.DataSplits;
import dev.counterpoint.core.internal.storage.MemoryFolder;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.settings.InvalidSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs of three steps per epoch that end before their last epoch, and resume. */
final class EndOfRunTest {
  private static final TrainingConfig CONFIG =
      TrainingConfig.defaults().withEpochs(3).withBatchSize(16);

  @TempDir(factory = MemoryFolder.class)
  private Path temporary;

  private final StopSignal stop = new StopSignal();
  private final Dataset validation = TinyClassifier.examples(40);
  private final List<Double> totals = new ArrayList<>();
  private String hash = "";

  @Test
  void interruptedValidationIsRepeatedOnResume() throws IOException {
    TrainingEnd whole = train(CONFIG, temporary.resolve("whole"), validation, new StopSignal());
    String wholeHash = hash;
    Path cut = temporary.resolve("cut");

    TrainingEnd stopped = train(CONFIG, cut, interruptingAtSecondBatch(), stop);
    assertThat(stopped.steps()).isEqualTo(3);
    assertThat(stopped.validation()).isEmpty();
    assertThat(stopped.stopReason()).isEqualTo("signal");
    assertThat(rows(cut)).isEmpty();

    TrainingEnd resumed = train(CONFIG, cut, validation, new StopSignal());
    assertThat(resumed.steps()).isEqualTo(whole.steps());
    assertThat(resumed.validation()).isEqualTo(whole.validation());
    assertThat(hash).isEqualTo(wholeHash);
    assertThat(rows(cut)).isEqualTo(rows(temporary.resolve("whole"))).hasSize(3);
  }

  @Test
  void checkpointOfEpochIsSavedBeforeItsValidation() throws IOException {
    Path checkpoint = temporary.resolve("checkpoints/step-00000003");
    List<Boolean> saved = new ArrayList<>();
    Dataset observing =
        new Observed(
            validation,
            () -> {
              if (saved.isEmpty()) {
                saved.add(Files.exists(checkpoint));
              }
            });

    train(CONFIG.withEpochs(1), temporary, observing, stop);

    assertThat(saved).containsExactly(true);
  }

  @Test
  void validationOfAnEarlierStepIsNotThatOfTheLastModel() throws IOException {
    int[] batches = {0};
    Dataset observed =
        new Observed(
            validation,
            () -> {
              if (++batches[0] == 4) { // the first batch of the second validation
                stop.interrupt("signal");
              }
            });

    TrainingEnd end = train(CONFIG, temporary, observed, stop);

    assertThat(end.steps()).isEqualTo(6);
    assertThat(rows(temporary)).singleElement().asString().contains("\"step\":3");
    assertThat(end.validation()).isEmpty();
  }

  @Test
  void requestedEndIsValidated() throws IOException {
    TrainingEnd end = train(CONFIG.withMaxTime(Duration.ofMillis(1)), temporary, validation, stop);

    assertThat(end.steps()).isLessThan(9);
    assertThat(end.stopReason()).contains("training.maxTime");
    assertThat(rows(temporary)).last().asString().contains("\"step\":" + end.steps());

    TrainingEnd again =
        train(CONFIG.withMaxTime(Duration.ofMillis(1)), temporary, validation, new StopSignal());
    assertThat(again.steps()).isEqualTo(end.steps());
    assertThat(again.stopReason()).contains("training.maxTime");
  }

  @Test
  void runEndsAfterMaxStepsWithValidation() throws IOException {
    TrainingConfig config =
        CONFIG
            .withMaxSteps(4)
            .withSchedule(
                (base, step, total) -> {
                  totals.add((double) total);
                  return base;
                });
    TrainingEnd end = train(config, temporary, validation, stop);

    assertThat(end.steps()).isEqualTo(4);
    assertThat(end.epochs()).as("complete epochs").isEqualTo(1);
    assertThat(end.stopReason()).isNull();
    assertThat(rows(temporary)).hasSize(2).last().asString().contains("\"step\":4");
    assertThat(totals).as("steps of the schedule").containsOnly(4.0);

    TrainingEnd longer = train(config.withMaxSteps(7), temporary, validation, stop);
    assertThat(longer.steps()).isEqualTo(7);
    assertThatThrownBy(() -> train(config.withMaxSteps(5), temporary, validation, stop))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContainingAll("training.maxSteps", "5", "7");
  }

  private TrainingEnd train(
      TrainingConfig config, Path directory, Dataset validation, StopSignal stop)
      throws IOException {
    Files.createDirectories(directory);
    CheckpointStore checkpoints = new CheckpointStore(directory.resolve("checkpoints"), 2);
    List<Callback> callbacks = List.of(new MetricsFile(directory.resolve("metrics.jsonl"), 100));
    RunOptions options =
        new RunOptions(7, callbacks, stop, checkpoints, new CheckpointPolicy(0, 2, null, false));
    DataSplits data =
        DataSplits.of(
            DataSpec.ofText(0, 0, List.of("a", "b", "c")),
            Map.of(
                DataSplits.TRAIN, TinyClassifier.examples(48), DataSplits.VALIDATION, validation),
            List.of(),
            "");
    try (BaseModel model = new TinyClassifier(0.3)) {
      TrainingEnd end =
          new Trainer(model, TrainingStrategy.singleProcess(), config, options).train(data);
      hash = ModelHash.of(model.parameters());
      return end;
    }
  }

  private Dataset interruptingAtSecondBatch() {
    int[] batches = {0};
    return new Observed(
        validation,
        () -> {
          if (++batches[0] == 2) {
            stop.interrupt("signal");
          }
        });
  }

  private static List<String> rows(Path directory) throws IOException {
    Path file = directory.resolve("metrics.jsonl");
    return Files.readAllLines(file).stream().filter(row -> row.contains("validation")).toList();
  }

  /** Calls an action before each batch. */
  private record Observed(Dataset dataset, Runnable beforeBatch) implements Dataset {
    @Override
    public long size() {
      return dataset.size();
    }

    @Override
    public HostBatch collate(long[] indices) {
      beforeBatch.run();
      return dataset.collate(indices);
    }
  }
}
