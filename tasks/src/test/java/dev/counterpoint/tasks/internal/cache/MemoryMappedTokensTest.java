package dev.counterpoint.tasks.internal.cache;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MemoryMappedTokensTest {
  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(ints = {2, 4, 8})
  void readsAcrossSegmentBoundaries(int width) throws IOException {
    long[] numbers = LongStream.range(0, 20_000).map(i -> i * 3).toArray();
    MemoryMappedTokens read = new MemoryMappedTokens(write(width, numbers), width, 10);
    assertThat(LongStream.range(0, numbers.length).map(read::get).toArray()).isEqualTo(numbers);
  }

  @Test
  void twoBytesHoldUpTo65535() throws IOException {
    assertThat(new MemoryMappedTokens(write(2, 65_535), 2).get(0)).isEqualTo(65_535);
  }

  @Test
  void eightBytesHoldMoreThanAnInt() throws IOException {
    assertThat(new MemoryMappedTokens(write(8, 1L << 40), 8).get(0)).isEqualTo(1L << 40);
  }

  @Test
  void aVocabularyOf65536TokensNeedsTwoBytesPerId() {
    assertThat(SplitFiles.idWidth(65_536)).isEqualTo(2);
    assertThat(SplitFiles.idWidth(65_537)).isEqualTo(4);
  }

  private Path write(int width, long... numbers) throws IOException {
    Path path = folder.resolve("numbers");
    try (NumberFile file = new NumberFile(path, width)) {
      for (long number : numbers) {
        file.put(number);
      }
      file.finish();
    }
    return path;
  }
}
