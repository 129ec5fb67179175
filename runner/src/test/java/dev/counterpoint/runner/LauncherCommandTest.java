package dev.counterpoint.runner;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class LauncherCommandTest {
  @AfterEach
  void forget() {
    System.clearProperty(LauncherCommand.PROPERTY);
  }

  @Test
  void aCommandIsNamedByThePathThatTheLauncherWasCalledBy() {
    System.setProperty(LauncherCommand.PROPERTY, "../tools/counterpoint");

    assertThat(LauncherCommand.line("train", Path.of("/runs/one")))
        .isEqualTo("../tools/counterpoint train /runs/one");
  }

  @Test
  void withoutALauncherItIsTheUsualOne() {
    assertThat(LauncherCommand.line("merge")).isEqualTo("./counterpoint merge");
  }

  @Test
  void whatAShellWouldTakeApartIsQuoted() {
    assertThat(LauncherCommand.line("train", "my run's", "local[2]", "größe"))
        .isEqualTo("./counterpoint train 'my run'\\''s' 'local[2]' größe");
  }
}
