package dev.counterpoint.runner;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class LauncherCommandTest {
  @AfterEach
  void clearProperty() {
    System.clearProperty(LauncherCommand.PROPERTY);
  }

  @Test
  void lineStartsWithThePathOfTheLauncher() {
    System.setProperty(LauncherCommand.PROPERTY, "../tools/counterpoint");

    assertThat(LauncherCommand.line("train", Path.of("/runs/one")))
        .isEqualTo("../tools/counterpoint train /runs/one");
  }

  @Test
  void defaultPathIsUsedWithoutLauncher() {
    assertThat(LauncherCommand.line("merge")).isEqualTo("./counterpoint merge");
  }

  @Test
  void argumentsAreQuotedForTheShell() {
    assertThat(LauncherCommand.line("train", "my run's", "local[2]", "größe"))
        .isEqualTo("./counterpoint train 'my run'\\''s' 'local[2]' größe");
  }
}
