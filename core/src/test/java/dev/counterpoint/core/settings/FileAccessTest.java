package dev.counterpoint.core.settings;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class FileAccessTest {
  @TempDir private Path folder;
  private Path closed;

  @BeforeEach
  void closeFolder() throws IOException {
    closed = Files.createDirectory(folder.resolve("closed"));
    Files.createFile(closed.resolve("file"));
    permit(closed, "---------");
    assumeFalse(Files.isReadable(closed), "Root may read all folders.");
  }

  @AfterEach
  void openFolder() throws IOException {
    permit(closed, "rwx------"); // so that it can be deleted
  }

  private static void permit(Path path, String permissions) throws IOException {
    Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(permissions));
  }

  @Test
  void folderThatHidesAFileIsNamed() {
    assertThatThrownBy(() -> FileAccess.requireAccess(closed.resolve("folder/file")))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContainingAll("folder/file", " for " + closed + ".");
  }

  @Test
  void contentOfAClosedFolderIsHidden() {
    assertThatThrownBy(() -> FileAccess.requireAccess(closed)).isInstanceOf(InvalidSettings.class);
  }

  @Test
  void fileWithoutPermissionIsNamed() throws IOException {
    Path file = Files.createFile(folder.resolve("file"));
    permit(file, "-w-------");

    assertThatThrownBy(() -> FileAccess.requireAccess(file))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining(file.toString());
  }

  @Test
  void missingFileIsAccessible() {
    assertThatCode(() -> FileAccess.requireAccess(folder.resolve("none/file")))
        .doesNotThrowAnyException();
  }
}
