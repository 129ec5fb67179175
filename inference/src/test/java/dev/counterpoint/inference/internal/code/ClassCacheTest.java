package dev.counterpoint.inference.internal.code;

import static org.assertj.core.api.Assertions.assertThat;

import dev.counterpoint.core.internal.storage.FolderEntries;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ClassCacheTest {
  @TempDir private Path folder;
  private Path source;
  private String text = "class Idea {}";
  private Path jar;

  @BeforeEach
  void writeFiles() throws IOException {
    source = folder.resolve("Idea.java");
    jar = Files.writeString(folder.resolve("some.jar"), "a");
    cache(jar).write(Map.of("Idea", new byte[] {1, 2}, "Idea$Inner", new byte[0]));
  }

  @Test
  void theSameSourcesHaveTheirClasses() {
    assertThat(cache(jar).read().orElseThrow())
        .hasSize(2)
        .hasEntrySatisfying("Idea", bytes -> assertThat(bytes).containsExactly(1, 2));
  }

  @Test
  void aChangedSourceHasNone() {
    text = "class Idea { }";

    assertThat(cache(jar).read()).isEmpty();
  }

  @Test
  void aChangedJarMakesThemInvalid() throws IOException {
    Files.setLastModifiedTime(jar, FileTime.fromMillis(1));

    assertThat(cache(jar).read()).isEmpty();
  }

  @Test
  void aFolderOfClassesIsNotCached() {
    assertThat(ClassCache.of(() -> folder, Map.of(source, ""), List.of(folder))).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 1, 30, 65}) // bytes
  void aDamagedFileHasNone(long length) throws IOException {
    Path file = FolderEntries.of(folder.resolve("classes")).get(0);
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.truncate(length);
    }

    assertThat(cache(jar).read()).isEmpty();
  }

  @Test
  void aFileThatOthersCanWriteHasNone() throws IOException {
    Path file = FolderEntries.of(folder.resolve("classes")).get(0);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-rw-rw-"));

    assertThat(cache(jar).read()).isEmpty();
  }

  private ClassCache cache(Path entry) {
    return ClassCache.of(() -> folder, Map.of(source, text), List.of(entry)).orElseThrow();
  }
}
