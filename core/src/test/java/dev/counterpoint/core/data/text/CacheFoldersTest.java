package dev.counterpoint.core.data.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CacheFoldersTest {
  @TempDir Path cache;

  @Test
  void theDraftOfAProcessThatWasKilledLongAgoIsRemoved() throws IOException {
    Path old = draft("text-1.draft-1");
    Path fresh = draft("text-2.draft-2");
    Files.setLastModifiedTime(old, FileTime.from(Instant.parse("2020-01-01T00:00:00Z")));

    fill("text-3");

    assertThat(old).doesNotExist();
    assertThat(fresh).exists();
    assertThat(names()).containsExactly("text-2.draft-2", "text-3");
  }

  @Test
  void whatCannotBeWrittenLeavesNothing() throws IOException {
    assertThatThrownBy(
            () ->
                CacheFolders.fill(
                    cache.resolve("text"),
                    draft -> {
                      Files.writeString(draft.resolve("half"), "");
                      throw new IOException("full");
                    },
                    Files::isDirectory))
        .hasMessage("full");

    assertThat(names()).isEmpty();
  }

  private Path draft(String name) throws IOException {
    Path draft = Files.createDirectory(cache.resolve(name));
    Files.writeString(draft.resolve("half"), "");
    return draft;
  }

  private void fill(String name) throws IOException {
    CacheFolders.fill(
        cache.resolve(name),
        draft -> Files.writeString(draft.resolve("a"), ""),
        Files::isDirectory);
  }

  private List<String> names() throws IOException {
    try (Stream<Path> files = Files.list(cache)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }
}
