package dev.counterpoint.runner.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import dev.counterpoint.runner.cli.option.ExitCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Files in a folder that this user may not open. */
final class PermissionTest {
  @TempDir private Path folder;
  private Path closed;

  @BeforeEach
  void closeFolder() throws IOException {
    closed = Files.createDirectory(folder.resolve("closed"));
    permit("---------");
    assumeFalse(Files.isReadable(closed), "Root may read all folders.");
  }

  @AfterEach
  void openFolder() throws IOException {
    permit("rwx------"); // so that it can be deleted
  }

  private void permit(String permissions) throws IOException {
    Files.setPosixFilePermissions(closed, PosixFilePermissions.fromString(permissions));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "train CLOSED/run.yaml",
        "train penguins --output CLOSED/run",
        "train penguins --classpath CLOSED/Model.java",
        "train penguins --set data.train.path=CLOSED/rows.csv",
        "train sentiment --set data.tokenizer.path=CLOSED/tokenizer.json",
        "predict CLOSED/run --text x",
        "evaluate CLOSED/run",
        "merge CLOSED/run --output x",
        "replay CLOSED/snapshot",
        "reproduce CLOSED/run"
      })
  void permissionIsMissingAndNotTheFile(String command) {
    Terminal terminal = new Terminal();

    int code = terminal.run(command.replace("CLOSED", closed.toString()).split(" "));

    assertThat(code).isEqualTo(ExitCode.INVALID_REQUEST);
    assertThat(terminal.err()).contains("permission denied for " + closed);
  }
}
