package dev.counterpoint.runner.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.counterpoint.runner.cli.option.ExitCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class BenchCommandTest {
  @TempDir private Path folder;
  private final Terminal terminal = new Terminal();

  @Test
  void tableIsPrintedAndRowsAreWritten() throws IOException {
    Path output = folder.resolve("new/bench");
    int code =
        terminal.run(
            "bench",
            "--sizes=small",
            "--precisions=float32",
            "--contenders=bare",
            "--steps=1",
            "--output",
            output.toString());

    assertThat(code).as(terminal.err()).isEqualTo(ExitCode.SUCCESS);
    assertThat(terminal.out()).contains("float32", "counterpoint", "bare");
    assertThat(new ObjectMapper().readTree(output.resolve("bench.json").toFile())).hasSize(2);
  }

  @Test
  void missingPythonIsRejected() {
    assertThat(terminal.run("bench", "--python", folder.resolve("none").toString()))
        .isEqualTo(ExitCode.INVALID_REQUEST);
    assertThat(terminal.err()).contains(folder.resolve("none").toString());
  }

  @Test
  void unknownSizeIsRejected() {
    assertThat(terminal.run("bench", "--sizes=huge")).isEqualTo(ExitCode.INVALID_REQUEST);
    assertThat(terminal.err()).contains("huge");
  }

  @Test
  void zeroStepsAreRejected() {
    assertThat(terminal.run("bench", "--steps=0")).isEqualTo(ExitCode.INVALID_REQUEST);
    assertThat(terminal.err()).contains("--steps 0");
  }

  @Test
  void outputThatIsAFileIsRejected() throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "");

    assertThat(terminal.run("bench", "--steps=1", "--output", file.toString()))
        .isEqualTo(ExitCode.INVALID_REQUEST);
    assertThat(terminal.err()).contains("--output " + file);
  }
}
