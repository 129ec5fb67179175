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
  void markerOfACrashedProcessReportsStepAndMemory() {
    mark(new CrashMarker(run()), 123_456, 10);
    mark(new CrashMarker(run()), 512, 3);

    assertThat(CrashMarker.take(run()).orElseThrow())
        .contains("process " + ProcessHandle.current().pid() + " ")
        .contains("step 512, micro-batch 3: ids (2, 3).")
        .containsPattern("[\\d.]+ GB")
        .contains("training.microBatchSize");
  }

  @Test
  void closeDeletesTheMarker() throws IOException {
    try (CrashMarker crashMarker = new CrashMarker(run())) {
      mark(crashMarker, 1, 0);
    }

    assertThat(CrashMarker.take(run())).isEmpty();
    assertThat(temporary).isEmptyDirectory();
  }

  @Test
  void closeKeepsTheMarkerOfAnotherProcess() throws IOException {
    try (CrashMarker unused = new CrashMarker(run())) {
      mark(new CrashMarker(run()), 7, 0);
      assertThat(unused).isNotNull();
    }

    assertThat(CrashMarker.takeStep(run())).hasValue(7);
  }

  @Test
  void takeDeletesTheMarker() {
    mark(new CrashMarker(run()), 7, 0);

    assertThat(CrashMarker.take(run())).isPresent();
    assertThat(CrashMarker.take(run())).isEmpty();
    assertThat(temporary).isEmptyDirectory();
  }

  @Test
  void peekKeepsTheMarker() {
    mark(new CrashMarker(run()), 7, 0);

    assertThat(CrashMarker.peek(run()).orElseThrow()).contains("step 7");
    assertThat(CrashMarker.takeStep(run())).hasValue(7);
  }

  @Test
  void unreadableMarkerIsIgnored() throws IOException {
    Files.writeString(temporary.resolve(".crash-marker"), "{\"process\": 1, \"st");

    assertThat(CrashMarker.take(run())).isEmpty();
  }

  @Test
  void missingDirectoryIsIgnored() throws IOException {
    CrashMarker crashMarker = new CrashMarker(new RunDirectory(temporary.resolve("gone")));

    mark(crashMarker, 1, 0);

    crashMarker.close();
  }

  private RunDirectory run() {
    return new RunDirectory(temporary);
  }

  private static void mark(CrashMarker crashMarker, long step, int microBatch) {
    HostBatch host = new HostBatch(2, 6, Map.of(Batch.IDS, HostTensor.of(new long[6], 2, 3)));
    try (Batch batch = new Batch(host, Device.cpu())) {
      crashMarker.beforeBatch(step, microBatch, batch);
    }
  }
}
