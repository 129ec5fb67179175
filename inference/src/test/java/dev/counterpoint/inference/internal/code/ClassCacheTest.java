package dev.counterpoint.inference.internal.code;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ClassCacheTest {
  @TempDir private Path folder;
  private Path source;
  private Path jar;

  @BeforeEach
  void writeFiles() throws IOException {
    source =
        Files.writeString(folder.resolve("Idea.java"), "class Idea {} // " + UUID.randomUUID());
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
  void aChangedSourceHasNone() throws IOException {
    Files.writeString(source, "class Idea {} // " + UUID.randomUUID());

    assertThat(cache(jar).read()).isEmpty();
  }

  @Test
  void aChangedJarMakesThemInvalid() throws IOException {
    Files.setLastModifiedTime(jar, FileTime.fromMillis(1));

    assertThat(cache(jar).read()).isEmpty();
  }

  @Test
  void aFolderOfClassesIsNotCached() {
    assertThat(ClassCache.of(() -> folder, List.of(source), List.of(folder))).isEmpty();
  }

  private ClassCache cache(Path entry) {
    return ClassCache.of(() -> folder, List.of(source), List.of(entry)).orElseThrow();
  }
}
