package dev.counterpoint.tasks.imageclassification;

import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.tasks.table.SourceFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Images and labels of two IDX files. The labels are the numbers from 0 to the largest one.
 *
 * @param images a file of unsigned bytes (count, height, width)
 * @param classes a file of unsigned bytes (count)
 */
record IdxImages(Path images, Path classes) implements ImageSource {
  @Override
  public String stamp() throws IOException {
    return new SourceFile(images).stamp() + " " + new SourceFile(classes).stamp();
  }

  @Override
  public List<String> labels() throws IOException {
    int largest = 0;
    try (IdxFile file = new IdxFile(classes, 1)) {
      for (int i = 0; i < file.count(); i++) {
        largest = Math.max(largest, file.next()[0] & 0xff);
      }
    }
    return IntStream.rangeClosed(0, largest).mapToObj(Integer::toString).toList();
  }

  @Override
  public List<String> read(Sink sink) throws IOException {
    try (IdxFile pixels = new IdxFile(images, 3);
        IdxFile ids = new IdxFile(classes, 1)) {
      if (pixels.count() != ids.count()) {
        throw new InvalidSettings(
            "%s has %s images, but %s has %s labels.",
            images, pixels.count(), classes, ids.count());
      }
      for (int i = 0; i < pixels.count(); i++) {
        Pixels image = new Pixels(1, pixels.height(), pixels.width(), pixels.next());
        String label = Integer.toString(ids.next()[0] & 0xff);
        sink.add(image, label, images + " image " + (i + 1));
      }
    }
    return List.of();
  }
}
