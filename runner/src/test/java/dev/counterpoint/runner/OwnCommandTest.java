package dev.counterpoint.runner;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class OwnCommandTest {
  @AfterEach
  void forget() {
    System.clearProperty(OwnCommand.PROPERTY);
  }

  @Test
  void aCommandIsNamedByThePathThatTheLauncherWasCalledBy() {
    System.setProperty(OwnCommand.PROPERTY, "../tools/counterpoint");

    assertThat(OwnCommand.line("train", Path.of("/runs/one")))
        .isEqualTo("../tools/counterpoint train /runs/one");
  }

  @Test
  void withoutALauncherItIsTheUsualOne() {
    assertThat(OwnCommand.line("merge")).isEqualTo("./counterpoint merge");
  }

  @Test
  void whatAShellWouldTakeApartIsQuoted() {
    assertThat(OwnCommand.line("train", "my run's", "local[2]", "größe"))
        .isEqualTo("./counterpoint train 'my run'\\''s' 'local[2]' größe");
  }
}
