package dev.counterpoint.runner.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.counterpoint.runner.cli.option.ExitCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code explain} of a run with code of the user. */
final class ExplainCommandTest {
  @TempDir private static Path folder;
  private static SmallRun small;
  private final Terminal terminal = new Terminal();

  @BeforeAll
  static void train() throws IOException {
    small = SmallRun.in(folder);
    small.useOwnSchedule();
    small.edit("small.yaml", "schedule: Half", "schedule: {type: Half, share: 0.4}");
    small.edit(
        "Half.java",
        "Half() implements Schedule {",
        """
        Half(double share, int power) implements Schedule {
          public static Half defaults() {
            return new Half(0.5, 1);
          }
        """);
    small.train();
  }

  private String explain() {
    assertThat(terminal.run("explain", small.path()))
        .as(terminal.err())
        .isEqualTo(ExitCode.SUCCESS);
    return terminal.out();
  }

  @Test
  void thePageHasResultCodeSettingsAndCommandsAndChangesNothing() throws IOException {
    Path snapshot = Files.createDirectories(small.run().resolve("snapshots/step-00000004"));
    Map<Path, String> before = small.files();

    assertThat(explain())
        .contains(
            "run: finished",
            "6 steps, 2 complete epochs",
            "code: Half.java",
            "reproduce " + small.path(),
            "replay " + snapshot,
            "predict " + small.path() + " --text TEXT")
        .doesNotContain("Half.java has changed");
    assertThat(small.files()).isEqualTo(before);
  }

  @Test
  void settingsWithDefaultsAreNotListed() {
    assertThat(explain())
        .contains("model.width: 8", "checkpoint.keep: 9", "callbacks.0.metric: accuracy")
        .doesNotContain("  seed: 17\n", "privacy.");
  }

  @Test
  void settingsOfAClassOfTheUserAreComparedWithItsDefaults() {
    assertThat(explain())
        .contains("training.schedule.type: Half", "training.schedule.share: 0.4")
        .doesNotContain("training.schedule.power");
  }

  @Test
  void changedCodeIsNamed() throws IOException {
    Path copy = small.run().resolve("code/0/Half.java");
    String code = Files.readString(copy);
    Files.writeString(copy, code + "// changed\n");
    try {
      assertThat(explain()).contains("Half.java has changed", "in the run directory has changed");
    } finally {
      Files.writeString(copy, code);
    }
  }

  @Test
  void aFolderThatIsNoRunIsRejected() {
    assertThat(terminal.run("explain", folder.toString())).isEqualTo(ExitCode.INVALID_REQUEST);
    assertThat(terminal.err()).contains("provenance.json");
  }
}
