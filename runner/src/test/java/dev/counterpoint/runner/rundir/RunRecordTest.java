package dev.counterpoint.runner.rundir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.counterpoint.core.settings.InvalidSettings;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class RunRecordTest {
  @TempDir private Path folder;
  private Path run;

  @BeforeEach
  void write() throws IOException {
    run = RecordedRun.write(folder.resolve("run"), 17, 1e-3, 0.75);
  }

  private void edit(String file, String from, String to) throws IOException {
    Path path = run.resolve(file);
    Files.writeString(path, Files.readString(path).replace(from, to));
  }

  @ParameterizedTest
  @CsvSource({
    "completed, FINISHED",
    "stopped: SIGTERM, STOPPED",
    "failed: java.io.IOException, FAILED",
    "'', CRASHED"
  })
  void theRecordedEndIsTheState(String exit, RunRecord.State state) throws IOException {
    edit("provenance.json", "completed", exit);

    assertThat(RunRecord.read(run).state()).isEqualTo(state);
  }

  @Test
  void aLockedRunWithoutAnEndIsRunningAtItsLastReportedStep() throws IOException {
    edit("provenance.json", "completed", "");

    try (RunLock lock = RunLock.hold(new RunDirectory(run), true)) {
      RunRecord record = RunRecord.read(run);
      assertThat(record.state()).isEqualTo(RunRecord.State.RUNNING);
      assertThat(record.steps()).isEqualTo(20);
      assertThat(record.results()).containsEntry("accuracy", 0.6);
    }
    assertThat(RunRecord.read(run).state()).isEqualTo(RunRecord.State.CRASHED);
  }

  @Test
  void theResultIsThatOfTheSummary() throws IOException {
    RunRecord record = RunRecord.read(run);

    assertThat(record.steps()).isEqualTo(20);
    assertThat(record.results()).isEqualTo(Map.of("loss", 0.25, "accuracy", 0.75));
  }

  @Test
  void aRowThatIsCutOffIsSkipped() throws IOException {
    edit("provenance.json", "completed", "");
    edit("metrics.jsonl", "\"loss\":0.5}\n", "\"lo");

    assertThat(RunRecord.read(run).steps()).isEqualTo(10);
  }

  @ParameterizedTest
  @ValueSource(strings = {"provenance.json", "summary.json"})
  void aLinkIsNotFollowed(String name) throws IOException {
    Path target = Files.move(run.resolve(name), folder.resolve("elsewhere"));
    Files.createSymbolicLink(run.resolve(name), target);

    assertThatThrownBy(() -> RunRecord.read(run))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining(name);
  }

  @Test
  void aHugeFileIsNotRead() throws IOException {
    try (RandomAccessFile file = new RandomAccessFile(run.resolve("summary.json").toFile(), "rw")) {
      file.setLength(1L << 40);
    }

    assertThatThrownBy(() -> RunRecord.read(run))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("summary.json");
  }

  @Test
  void aDirectoryWithoutProvenanceIsRejected() throws IOException {
    Files.delete(run.resolve("provenance.json"));

    assertThatThrownBy(() -> RunRecord.read(run))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("provenance.json");
  }

  @Test
  void aSummaryCannotReplaceTheStateInJson() throws IOException {
    edit("summary.json", "{\"steps\"", "{\"state\":\"running\",\"steps\"");

    assertThat(RunRecord.read(run).toJson().path("state").asText()).isEqualTo("finished");
  }
}
