package dev.counterpoint.tasks.internal.cache;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class TrainOverlapTest {
  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 5, 6, 7, 100})
  void theResultIsIndependentOfTheBlockSize(int block) throws IOException {
    Path train = hashes("train", 5, -7, 5, 9, 0);
    Path other = hashes("other", 1, 9, 9, Long.MAX_VALUE, 5, 4);

    assertThat(TrainOverlap.find(train, other, block)).isEqualTo(new TrainOverlap(3, 20, 40));
  }

  @Test
  void withoutOverlapTheLinesAreZero() throws IOException {
    assertThat(TrainOverlap.find(hashes("train", 1, 2), hashes("other", 3), 8))
        .isEqualTo(new TrainOverlap(0, 0, 0));
  }

  @Test
  void anEmptySplitHasNoOverlap() throws IOException {
    assertThat(TrainOverlap.find(hashes("train"), hashes("other"), 8))
        .isEqualTo(new TrainOverlap(0, 0, 0));
  }

  /** FIPS 180-4: the SHA-256 of "abc" begins with ba7816bf8f01cfea. */
  @Test
  void hashIsTheFirst64BitsOfSha256() {
    assertThat(TrainOverlap.hash("abc")).isEqualTo(0xba7816bf8f01cfeaL);
  }

  /** Writes the hashes of a split whose rows are on the lines 10, 20, 30 and so on. */
  private Path hashes(String name, long... hashes) throws IOException {
    Path file = folder.resolve(name);
    try (NumberFile numbers = new NumberFile(file, Long.BYTES)) {
      for (int i = 0; i < hashes.length; i++) {
        numbers.put(hashes[i]);
        numbers.put(10L * (i + 1));
      }
      numbers.finish();
    }
    return file;
  }
}
