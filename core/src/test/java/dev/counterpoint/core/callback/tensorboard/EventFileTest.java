package dev.counterpoint.core.callback.tensorboard;

import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.counterpoint.core.callback.tensorboard.proto.Summary;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

final class EventFileTest {
  @Test
  void aFullDiskIsReportedWithTheFile() {
    Path full = Path.of("/dev/full"); // A write to it fails as on a full disk.
    assumeTrue(Files.exists(full), "This system has no /dev/full.");

    assertThatThrownBy(() -> new EventFile(full).append(1, Summary.newBuilder()))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("/dev/full");
  }
}
