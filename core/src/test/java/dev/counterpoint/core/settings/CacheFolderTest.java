package dev.counterpoint.core.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@EnabledOnOs({OS.LINUX, OS.MAC})
class CacheFolderTest {
  @TempDir private Path temporary;
  @TempDir private Path home;

  @Test
  void variableSelectsTheFolder() {
    assertThat(find(Map.of("COUNTERPOINT_CACHE", "/a/b", "XDG_CACHE_HOME", "/c"), "/d"))
        .isEqualTo(Path.of("/a/b"));
  }

  @Test
  void defaultIsInTheHomeDirectory() {
    assertThat(find(Map.of(), home.toString())).isEqualTo(home.resolve(".cache/counterpoint"));
  }

  @Test
  void emptyVariablesAreIgnored() {
    assertThat(find(Map.of("COUNTERPOINT_CACHE", "", "XDG_CACHE_HOME", ""), home.toString()))
        .isEqualTo(home.resolve(".cache/counterpoint"));
  }

  /** Java's home directory of a user without one is a question mark. */
  @ParameterizedTest
  @ValueSource(strings = {"?", "/etc/passwd", "/dev/null"})
  void unusableHomeIsReplacedByAPrivateTemporaryFolder(String unusable) throws IOException {
    Path folder = find(Map.of(), unusable);

    assertThat(folder.getParent()).isEqualTo(temporary);
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(folder)))
        .isEqualTo("rwx------");
    assertThat(find(Map.of(), unusable)).isEqualTo(folder);
    assertThat(Path.of("?")).doesNotExist();
  }

  @Test
  void temporaryFolderThatOthersCanWriteToIsRefused() throws IOException {
    Files.setPosixFilePermissions(
        find(Map.of(), "?"), PosixFilePermissions.fromString("rwxrwxrwx"));

    assertThatThrownBy(() -> find(Map.of(), "?"))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("COUNTERPOINT_CACHE");
  }

  @Test
  void symbolicLinkInsteadOfTheTemporaryFolderIsRefused() throws IOException {
    Path folder = find(Map.of(), "?");
    Files.delete(folder);
    Files.createSymbolicLink(folder, home);

    assertThatThrownBy(() -> find(Map.of(), "?")).isInstanceOf(InvalidSettings.class);
  }

  @Test
  void nothingElseIsCreated() throws IOException {
    find(Map.of(), home.toString());

    try (Stream<Path> created = Stream.of(home, temporary).flatMap(CacheFolderTest::list)) {
      assertThat(created.toList()).isEqualTo(List.of());
    }
  }

  private static Stream<Path> list(Path folder) {
    try {
      return Files.list(folder);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private Path find(Map<String, String> environment, String userHome) {
    return CacheFolder.find(environment, userHome, temporary);
  }
}
