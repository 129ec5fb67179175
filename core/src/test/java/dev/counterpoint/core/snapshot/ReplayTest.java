package dev.counterpoint.core.snapshot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.callback.Callback;
import dev.counterpoint.core.callback.SnapshotReport;
import dev.counterpoint.core.callback.StepReport;
import dev.counterpoint.core.callback.StopSignal;
import dev.counterpoint.core.checkpoint.CheckpointPolicy;
import dev.counterpoint.core.data.ArrayDataset;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.loss.CrossEntropy;
import dev.counterpoint.core.loss.Loss;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.model.Dropout;
import dev.counterpoint.core.model.Layer;
import dev.counterpoint.core.model.Linear;
import dev.counterpoint.core.optimizer.AdamW;
import dev.counterpoint.core.parameter.Initializer;
import dev.counterpoint.core.parameter.Parameter;
import dev.counterpoint.core.schedule.Constant;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.core.training.RunOptions;
import dev.counterpoint.core.training.Trainer;
import dev.counterpoint.core.training.TrainingConfig;
import dev.counterpoint.core.training.TrainingStrategy;
import dev.counterpoint.core.training.failure.NotFiniteException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ReplayTest {
  private static final int STEPS = 200;

  @TempDir private Path directory;
  private final List<SnapshotReport> saved = new ArrayList<>();
  private final List<StepReport> steps = new ArrayList<>();

  @Test
  void reportsTheFirstLayerWithNonFiniteOutput() throws IOException {
    Path snapshot = failing(-1);

    assertThat(replayed(snapshot).firstNonFinite())
        .get()
        .asString()
        .startsWith("output of root (Root), micro-batch 0: ")
        .contains("2 of 6 ", " NaN ", " 0 ");
  }

  @Test
  void reportsANonFiniteInputBeforeTheLayers() throws IOException {
    Path snapshot = failing(Float.POSITIVE_INFINITY);

    assertThat(replayed(snapshot).firstNonFinite())
        .get()
        .asString()
        .startsWith("input \"features\", micro-batch 0: ")
        .contains("0 of 6 ", " 2 are infinite");
  }

  @Test
  void reportsANonFiniteGradientIfAllOutputsAreFinite() throws IOException {
    Path snapshot = failing(0); // The square root of 0 is 0; its derivative is infinite.

    Replay.Outcome outcome = replayed(snapshot);
    assertThat(outcome.firstNonFinite())
        .get()
        .asString()
        .startsWith("gradient of scale.bias: ")
        .contains("of 2 ");
    assertThat(outcome.gradients())
        .filteredOn(it -> it.parameter().startsWith("head."))
        .isNotEmpty()
        .allMatch(it -> Double.isFinite(it.norm()));
  }

  @Test
  void snapshotContainsTheExamplesOfTheStep() throws IOException {
    StepSnapshot snapshot = StepSnapshot.read(failing(-1));

    assertThat(snapshot.examples()).hasSize(6).contains("item 5");
    assertThat(snapshot.batches())
        .containsExactly(new StepSnapshot.Sizes(3, 3), new StepSnapshot.Sizes(3, 3));
    assertThat(snapshot.loss()).isNaN();
  }

  @Test
  void outlierGradientNormSavesASnapshotAndTrainingContinues() {
    train(spiked(), snapshots(3), 1);

    assertThat(steps).hasSize(STEPS);
    assertThat(saved)
        .isNotEmpty()
        .allSatisfy(
            report ->
                assertThat(report.message())
                    .containsIgnoringCase("gradient norm")
                    .contains("step " + report.step()))
        .allSatisfy(report -> assertThat(report.folder().resolve("note.txt")).hasContent("hello"));
  }

  @Test
  void replayReproducesLossAndGradientNorm() throws IOException {
    train(spiked(), snapshots(3), 1);

    Replay.Outcome outcome = replayed(saved.get(0).folder());

    StepReport original = steps.get((int) saved.get(0).step() - 1);
    assertThat(outcome.firstNonFinite()).isEmpty();
    assertThat(outcome.loss()).isEqualTo(original.loss());
    assertThat(outcome.gradientNorm())
        .isCloseTo(original.gradientNorm(), within(1e-5 * original.gradientNorm()));
  }

  @Test
  void snapshotLimitIsRespected() {
    train(spiked(), snapshots(1), 1);

    assertThat(saved).hasSize(1);
  }

  @Test
  void aLeftoverOfACrashDoesNotCountAsASnapshot() throws IOException {
    Files.createDirectories(directory.resolve("kept/.step-00000001.new"));

    assertThat(snapshots(1).hasRoom()).isTrue();
  }

  @Test
  void nonFiniteParametersAfterAnUpdateStopTheRunBeforeSaving() {
    TrainingConfig config =
        TrainingConfig.defaults()
            .withEpochs(1)
            .withBatchSize(2)
            .withClipNorm(null)
            .withSchedule(Constant.defaults())
            .withOptimizer(AdamW.of(Double.MAX_VALUE));
    ArrayDataset examples =
        ArrayDataset.ofClasses(new float[][] {{1, 2}, {3, 4}}, new long[] {0, 1});
    try (BaseModel model = new Rooted()) {
      assertThatThrownBy(() -> new Trainer(model, config).train(examples))
          .isInstanceOf(NotFiniteException.class)
          .hasMessageContaining("step 1");
    }
  }

  @Test
  void truncatedMetadataIsRejected() throws IOException {
    Path file = Files.writeString(directory.resolve("snapshot.json"), "{\"step\": 1, \"se");

    assertThatThrownBy(() -> StepSnapshot.read(directory))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageStartingWith(file + " is damaged: ")
        .hasMessageContaining("JSON");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{} | \"batches\" is missing",
        "[] | it is not a JSON object",
        "{\"batches\": [{\"items\": 0}]} | \"items\" is missing or is not an integer of at least 1",
        "{\"batches\": [{\"items\": 1, \"tokens\": 1}]} | \"step\" is missing"
      })
  void incompleteMetadataIsRejected(String json, String problem) throws IOException {
    Path file = Files.writeString(directory.resolve("snapshot.json"), json);

    assertThatThrownBy(() -> StepSnapshot.read(directory))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining(file + " is damaged: " + problem);
  }

  @Test
  void folderWithoutSnapshotIsRejected() {
    assertThatThrownBy(() -> StepSnapshot.read(directory))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageStartingWith(directory + " is not a snapshot: ")
        .hasMessageContaining("snapshot.json");
  }

  /** Trains one failing step of two micro-batches; the last example has these feature values. */
  private Path failing(float badFeature) throws IOException {
    float[][] features = new float[6][];
    for (int i = 0; i < 6; i++) {
      features[i] = i == 5 ? new float[] {badFeature, badFeature} : new float[] {1, 2};
    }
    ArrayDataset examples = ArrayDataset.ofClasses(features, new long[] {0, 1, 0, 1, 0, 1});
    Path snapshot = directory.resolve("kept").resolve("step-00000001");
    assertThatThrownBy(() -> train(examples, snapshots(3), 6))
        .isInstanceOfSatisfying(
            NotFiniteException.class, e -> assertThat(e.snapshot()).contains(snapshot));
    return snapshot;
  }

  /** Examples of similar size, and some that are larger by orders of magnitude. */
  private static ArrayDataset spiked() {
    float[][] features = new float[STEPS][];
    long[] classes = new long[features.length];
    for (int i = 0; i < features.length; i++) {
      float size = i % 20 == 3 || i % 20 == 4 ? 1e6f : 1;
      features[i] = new float[] {size, 2 * size};
      classes[i] = i % 2;
    }
    return ArrayDataset.ofClasses(features, classes);
  }

  private StepSnapshots snapshots(int limit) {
    return new StepSnapshots(directory.resolve("kept"), limit, Map.of("note.txt", "hello"));
  }

  private void train(ArrayDataset examples, StepSnapshots snapshots, int batchSize) {
    Callback recorder =
        new Callback() {
          @Override
          public void onSnapshot(SnapshotReport report) {
            saved.add(report);
          }

          @Override
          public void onStep(StepReport report) {
            steps.add(report);
          }
        };
    TrainingConfig config =
        TrainingConfig.defaults()
            .withEpochs(1)
            .withBatchSize(batchSize)
            .withMicroBatchSize(Math.min(3, batchSize));
    RunOptions options =
        new RunOptions(
            4,
            List.of(recorder),
            new StopSignal(),
            null,
            CheckpointPolicy.defaults(),
            snapshots,
            false);
    try (BaseModel model = new Rooted()) {
      new Trainer(model, TrainingStrategy.singleProcess(), config, options).train(examples);
    }
  }

  private static Replay.Outcome replayed(Path snapshot) throws IOException {
    assertThat(Files.isDirectory(snapshot)).isTrue();
    try (BaseModel model = new Rooted()) {
      model.initialize(Device.cpu(), 99);
      return new Replay(snapshot, model).run();
    }
  }

  /** A shift that is initialized to the identity, a square root, dropout, and a head. */
  private static final class Rooted extends BaseModel {
    private final Shift scale = new Shift();
    private final Root root = new Root();
    private final Dropout dropout = new Dropout(0.2);
    private final Linear head = new Linear(2, 2);

    @Override
    public NDArray forward(Batch batch) {
      return head.forward(dropout.forward(root.forward(scale.forward(batch.features()))));
    }

    @Override
    public Loss lossFunction() {
      return CrossEntropy.defaults();
    }
  }

  private static final class Shift extends Layer {
    private final Parameter bias = Parameter.of(Initializer.zeros(), 2);

    NDArray forward(NDArray x) {
      return observe(x.add(bias.value()));
    }
  }

  private static final class Root extends Layer {
    NDArray forward(NDArray x) {
      return observe(x.sqrt());
    }
  }
}
