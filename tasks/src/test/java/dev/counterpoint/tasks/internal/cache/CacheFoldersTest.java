package dev.counterpoint.tasks.internal.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CacheFoldersTest {
  @TempDir Path cache;

  @Test
  void deletesAbandonedTemporaryFolders() throws IOException {
    Path old = temporary("text-1.draft-1");
    Path fresh = temporary("text-2.draft-2");
    FileTime longAgo = FileTime.from(Instant.parse("2020-01-01T00:00:00Z"));
    Files.setLastModifiedTime(old.resolve("half"), longAgo);
    Files.setLastModifiedTime(old, longAgo);
    Files.setLastModifiedTime(fresh, longAgo); // Its file is still being written.

    fill("text-3");

    assertThat(old).doesNotExist();
    assertThat(fresh).exists();
    assertThat(names()).containsExactly("text-2.draft-2", "text-3");
  }

  @Test
  void aFailedWriteLeavesNothing() throws IOException {
    assertThatThrownBy(
            () ->
                CacheFolders.createIfAbsent(
                    cache.resolve("text"),
                    temporary -> {
                      Files.writeString(temporary.resolve("half"), "");
                      throw new IOException("full");
                    }))
        .hasMessage("full");

    assertThat(names()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"\0\0\0", "two", "", "longer"})
  void recreatesAFolderWithAChangedFile(String content) throws IOException {
    fill("text");
    Path file = Files.writeString(cache.resolve("text").resolve("a"), content);

    fill("text");

    assertThat(file).hasContent("one");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "\n", "\0\0\0", "0000\n"})
  void recreatesAFolderWithADamagedManifest(String content) throws IOException {
    fill("text");
    Path manifest = cache.resolve("text").resolve("seal");
    String original = Files.readString(manifest);
    Files.writeString(manifest, content);

    fill("text");

    assertThat(manifest).hasContent(original);
  }

  @Test
  void verifiesTheBeginningAndEndOfALargeFile() throws IOException {
    byte[] large = new byte[(17 << 20) + 5];
    Arrays.fill(large, (byte) 7);
    Path file = cache.resolve("text").resolve("a");
    for (int position : new int[] {0, 1 << 19, large.length - 1}) {
      CacheFolders.createIfAbsent(
          cache.resolve("text"), temporary -> Files.write(temporary.resolve("a"), large));
      byte[] damaged = large.clone();
      damaged[position] = 0;
      Files.write(file, damaged);

      assertThat(FolderManifest.isIntact(cache.resolve("text"))).as("byte %s", position).isFalse();
    }
  }

  private Path temporary(String name) throws IOException {
    Path temporary = Files.createDirectory(cache.resolve(name));
    Files.writeString(temporary.resolve("half"), "");
    return temporary;
  }

  private void fill(String name) throws IOException {
    CacheFolders.createIfAbsent(
        cache.resolve(name), temporary -> Files.writeString(temporary.resolve("a"), "one"));
  }

  private List<String> names() throws IOException {
    try (Stream<Path> files = Files.list(cache)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }
}
