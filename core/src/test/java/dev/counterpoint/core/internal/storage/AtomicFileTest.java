package dev.counterpoint.core.internal.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class AtomicFileTest {
  @TempDir private Path folder;

  @Test
  void aFailedWriteKeepsTheOldFileAndLeavesNoOther() throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "old");

    assertThatThrownBy(() -> AtomicFile.write(file, it -> fail(it, new IOException("full"))))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(file.toString());
    assertThatThrownBy(
            () -> AtomicFile.write(file, it -> fail(it, new IllegalStateException("bad content"))))
        .hasMessage("bad content");

    assertThat(FolderEntries.of(folder)).containsExactly(file);
    assertThat(file).hasContent("old");
  }

  private static <E extends Exception> void fail(Path file, E failure) throws IOException, E {
    Files.writeString(file, "half");
    throw failure;
  }
}
