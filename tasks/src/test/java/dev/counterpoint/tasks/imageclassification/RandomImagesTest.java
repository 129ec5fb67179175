package dev.counterpoint.tasks.imageclassification;

import static org.assertj.core.api.Assertions.assertThat;

import dev.counterpoint.core.data.source.DataContext;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.tasks.table.MemoryFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A damaged IDX, PNG or JPEG file is read, or rejected with its name in the message. */
final class RandomImagesTest {
  private static final int COUNT = Integer.getInteger("counterpoint.mutations", 150);

  @TempDir(factory = MemoryFolder.class)
  private Path folder;

  @Test
  @Timeout(300)
  void everyDamagedFileIsReadOrRejected() throws IOException {
    ImageFixtures fixtures = new ImageFixtures(folder);
    fixtures.idxImages("train-images", IntStream.range(0, 6).toArray());
    fixtures.idxLabels("train-labels", 0, 1, 0, 1, 0, 1);
    ImageClassification idx = ImageFixtures.settings(fixtures.idx("train"), null);
    fixtures.image("photos/cat/a.png", 9, 7, 0x404040);
    fixtures.image("photos/dog/b.jpg", 9, 7, 0xffffff);
    ImageClassification photos =
        new ImageClassification(
            ImageFixtures.folder("photos"), null, null, null, 4, 3, null, false, 0, 0);
    List<Path> files;
    try (var all = Files.walk(folder)) {
      files = all.filter(Files::isRegularFile).sorted().toList();
    }
    assertThat(files).hasSize(4);
    Random random = new Random(2026);
    int read = 0;
    for (int i = 0; i < COUNT; i++) {
      Path file = files.get(i % files.size());
      byte[] content = Files.readAllBytes(file);
      Files.write(file, damaged(content, random));
      read += isRead(file.startsWith(folder.resolve("photos")) ? photos : idx, file) ? 1 : 0;
      Files.write(file, content);
    }
    assertThat(read).isBetween(COUNT / 20, 19 * COUNT / 20);
  }

  private boolean isRead(ImageClassification settings, Path file) throws IOException {
    try {
      settings
          .open(new DataContext(folder.resolve("cache"), folder::resolve, 512, 17))
          .train()
          .collate(new long[] {0, 1});
      return true;
    } catch (InvalidSettings e) {
      assertThat(e.getMessage()).contains(file.getFileName().toString()).doesNotContain("\n");
      return false;
    }
  }

  private static byte[] damaged(byte[] bytes, Random random) {
    int position = random.nextInt(bytes.length);
    if (random.nextInt(4) == 0) {
      return Arrays.copyOf(bytes, position);
    }
    byte[] damaged = bytes.clone();
    for (int i = random.nextInt(3); i >= 0; i--) {
      int begin = random.nextBoolean() ? 0 : position; // the header more often
      damaged[begin + random.nextInt(Math.min(32, bytes.length - begin))] =
          (byte) random.nextInt(256);
    }
    return damaged;
  }
}
