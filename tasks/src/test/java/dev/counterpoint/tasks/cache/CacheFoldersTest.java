package dev.counterpoint.tasks.cache;

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
                    }))
        .hasMessage("full");

    assertThat(names()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"\0\0\0", "two", "", "longer"})
  void aFileThatIsNotAsItWasIsMadeAnew(String content) throws IOException {
    fill("text");
    Path file = Files.writeString(cache.resolve("text").resolve("a"), content);

    fill("text");

    assertThat(file).hasContent("one");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "\n", "\0\0\0", "0000\n"})
  void aFolderWhoseSealIsDamagedIsMadeAnew(String content) throws IOException {
    fill("text");
    Path seal = cache.resolve("text").resolve("seal");
    String whole = Files.readString(seal);
    Files.writeString(seal, content);

    fill("text");

    assertThat(seal).hasContent(whole);
  }

  @Test
  void ofALargeFileTheBeginningAndTheEndAreHeldAgainstItsSeal() throws IOException {
    byte[] large = new byte[(17 << 20) + 5];
    Arrays.fill(large, (byte) 7);
    Path file = cache.resolve("text").resolve("a");
    for (int place : new int[] {0, 1 << 19, large.length - 1}) {
      CacheFolders.fill(cache.resolve("text"), draft -> Files.write(draft.resolve("a"), large));
      byte[] damaged = large.clone();
      damaged[place] = 0;
      Files.write(file, damaged);

      assertThat(FolderManifest.isUnbroken(cache.resolve("text"))).as("byte %s", place).isFalse();
    }
  }

  private Path draft(String name) throws IOException {
    Path draft = Files.createDirectory(cache.resolve(name));
    Files.writeString(draft.resolve("half"), "");
    return draft;
  }

  private void fill(String name) throws IOException {
    CacheFolders.fill(cache.resolve(name), draft -> Files.writeString(draft.resolve("a"), "one"));
  }

  private List<String> names() throws IOException {
    try (Stream<Path> files = Files.list(cache)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }
}
