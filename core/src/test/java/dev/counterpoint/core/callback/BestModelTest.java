package dev.counterpoint.core.callback;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import dev.counterpoint.core.checkpoint.Checkpoint;
import dev.counterpoint.core.checkpoint.CheckpointStore;
import dev.counterpoint.core.internal.storage.MemoryFolder;
import dev.counterpoint.core.metric.Evaluation;
import dev.counterpoint.core.metric.Mode;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.training.TinyClassifier;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A run whose best step is 150 in its checkpoint, and 250 when it is killed. */
final class BestModelTest {
  @TempDir(factory = MemoryFolder.class)
  private Path folder;

  private final BaseModel model = new TinyClassifier(0);

  @BeforeEach
  void initialize() {
    model.initialize(Device.cpu(), 1);
  }

  @AfterEach
  void close() {
    model.close();
  }

  @Test
  void theModelOfALaterStepIsNotTakenForTheBestOneOfTheCheckpoint() throws IOException {
    BestModel resumed = afterCrash();

    CheckpointStore.Found found = resumed.selected();

    assertThat(resumed.selectedStep()).isEmpty();
    assertThat(found.checkpoint()).isEmpty();
    assertThat(found.skipped()).singleElement().asString().contains("step 250");
  }

  @Test
  void validationsAfterTheCrashSelectABestModel() throws IOException {
    BestModel resumed = afterCrash();
    validate(resumed, 225, 0.6);

    CheckpointStore.Found found = resumed.selected();

    assertThat(found.checkpoint().map(Checkpoint::step)).contains(225L);
    assertThat(found.skipped()).singleElement().asString().contains("step 250");
  }

  @Test
  void aRepeatedRunSelectsTheSameModelWithoutANotice() throws IOException {
    BestModel resumed = afterCrash();
    validate(resumed, 225, 0.6);
    validate(resumed, 250, 0.4);
    validate(resumed, 300, 0.5);

    assertThat(resumed.selectedStep()).isEqualTo(OptionalLong.of(250));
    assertThat(resumed.selected().checkpoint().map(Checkpoint::step)).contains(250L);
    assertThat(resumed.selected().skipped()).isEmpty();
  }

  @Test
  void theBestModelOfTheCheckpointIsKept() throws IOException {
    BestModel before = best();
    validate(before, 150, 0.5);
    BestModel resumed = best();
    resumed.loadState(before.state());
    validate(resumed, 225, 0.6);

    assertThat(resumed.selected().checkpoint().map(Checkpoint::step)).contains(150L);
    assertThat(resumed.selected().skipped()).isEmpty();
  }

  private BestModel afterCrash() {
    BestModel before = best();
    validate(before, 150, 0.5);
    Map<String, Object> saved = before.state();
    validate(before, 250, 0.4);
    BestModel resumed = best();
    resumed.loadState(saved);
    return resumed;
  }

  private BestModel best() {
    return new BestModel(
        new BestModel.Config("loss", Mode.MIN), model, new CheckpointStore(folder, 1));
  }

  private static void validate(BestModel best, long step, double loss) {
    best.onValidation(
        new ValidationReport(step, 1, new Evaluation(Map.of("loss", loss), 8, List.of())));
  }
}
