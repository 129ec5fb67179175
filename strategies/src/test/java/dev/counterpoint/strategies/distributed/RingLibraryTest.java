package dev.counterpoint.strategies.distributed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.counterpoint.core.settings.InvalidSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

final class RingLibraryTest {
  @TempDir private Path cache;

  @Test
  @EnabledOnOs(OS.LINUX)
  void whatIsBroughtOutMayBeReadByAllUsersOfACache() throws IOException {
    Path library = RingLibrary.here().extractInto(cache);

    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(library)))
        .isEqualTo("r--r--r--");
    assertThat(RingLibrary.here().extractInto(cache)).isEqualTo(library);
  }

  @Test
  void aMachineThatHasNoneIsToldWhatToUse() {
    assertThatThrownBy(() -> RingLibrary.of("Mac OS X", "aarch64"))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("strategy: {type: standard}");
  }

  @Test
  void aLibraryThatCannotBeLoadedIsToldWithItsReason() {
    LinkageError failure =
        new ExceptionInInitializerError(new UnsatisfiedLinkError("libgomp.so.1: cannot open"));

    assertThat(RingLibrary.refusal(failure))
        .hasMessageContaining("cannot be loaded: ")
        .hasMessageContaining("libgomp.so.1: cannot open")
        .hasMessageContaining("COUNTERPOINT_CACHE");
  }

  @Test
  void aMachineWithoutTheLibraryIsToldSo() {
    InvalidSettings none = new InvalidSettings("There is none for this machine.");

    assertThat(RingLibrary.refusal(new ExceptionInInitializerError(none))).isSameAs(none);
  }
}
