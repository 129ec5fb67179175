package dev.counterpoint.runner.rundir;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.data.HostBatch;
import dev.counterpoint.core.data.HostTensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CrashMarkerTest {
  @TempDir private Path temporary;

  @Test
  void whatAProcessLeftSaysWhereItWas() {
    beat(new CrashMarker(run()), 123_456, 10);
    beat(new CrashMarker(run()), 512, 3);

    assertThat(CrashMarker.take(run()).orElseThrow())
        .contains(
            "Process " + ProcessHandle.current().pid() + ", which trained this run before, was cut")
        .contains("cut off in step 512, micro-batch 3: ids (2, 3).")
        .containsPattern("It held [\\d.]+ GB of memory at its peak")
        .contains("lower training.microBatchSize");
  }

  @Test
  void anOrderlyEndLeavesNothing() throws IOException {
    try (CrashMarker crashMarker = new CrashMarker(run())) {
      beat(crashMarker, 1, 0);
    }

    assertThat(CrashMarker.take(run())).isEmpty();
    assertThat(temporary).isEmptyDirectory();
  }

  @Test
  void whoHasNotBeatenLeavesTheNoteOfAnotherProcess() throws IOException {
    try (CrashMarker silent = new CrashMarker(run())) {
      beat(new CrashMarker(run()), 7, 0);
      assertThat(silent).isNotNull();
    }

    assertThat(CrashMarker.takeStep(run())).hasValue(7);
  }

  @Test
  void aNoteIsTakenOnce() {
    beat(new CrashMarker(run()), 7, 0);

    assertThat(CrashMarker.take(run())).isPresent();
    assertThat(CrashMarker.take(run())).isEmpty();
    assertThat(temporary).isEmptyDirectory();
  }

  @Test
  void aNoteThatCannotBeReadSaysNothing() throws IOException {
    Files.writeString(temporary.resolve(".crash-marker"), "{\"process\": 1, \"st");

    assertThat(CrashMarker.take(run())).isEmpty();
  }

  @Test
  void aDirectoryThatIsGoneDoesNotStopTheTraining() throws IOException {
    CrashMarker crashMarker = new CrashMarker(new RunDirectory(temporary.resolve("gone")));

    beat(crashMarker, 1, 0);

    crashMarker.close();
  }

  private RunDirectory run() {
    return new RunDirectory(temporary);
  }

  private static void beat(CrashMarker crashMarker, long step, int microBatch) {
    HostBatch items = new HostBatch(2, 6, Map.of(Batch.IDS, HostTensor.of(new long[6], 2, 3)));
    try (Batch batch = new Batch(items, Device.cpu())) {
      crashMarker.beforeBatch(step, microBatch, batch);
    }
  }
}
