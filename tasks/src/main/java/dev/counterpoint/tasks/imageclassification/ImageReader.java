package dev.counterpoint.tasks.imageclassification;

import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.data.HostBatch;
import dev.counterpoint.core.data.HostTensor;
import dev.counterpoint.core.data.ImageSpec;
import dev.counterpoint.core.settings.FileAccess;
import dev.counterpoint.core.settings.InvalidSettings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * Reader of images for prediction, resized and normalized as in training.
 *
 * @param image the images of the model
 */
public record ImageReader(ImageSpec image) {
  /**
   * Reads PNG and JPEG files into a batch.
   *
   * @throws InvalidSettings if a file does not exist or is not a complete image
   */
  public HostBatch batch(List<Path> files) {
    Normalizer normalizer = new Normalizer(image);
    float[] values = new float[Math.multiplyExact(files.size(), normalizer.length())];
    for (int i = 0; i < files.size(); i++) {
      FileAccess.requireAccess(files.get(i));
      if (!Files.isRegularFile(files.get(i))) {
        throw new InvalidSettings("%s does not exist or is not a file.", files.get(i));
      }
      byte[] pixels = read(files.get(i)).resized(image.height(), image.width()).values();
      normalizer.write(
          at -> pixels[at] & 0xff, Augmentation.Change.NONE, values, i * normalizer.length());
    }
    HostTensor images =
        HostTensor.of(values, files.size(), image.channels(), image.height(), image.width());
    return HostBatch.of(files.size(), Map.of(Batch.IMAGES, images));
  }

  private Pixels read(Path file) {
    try {
      return new ImageFile(file).read(image.channels());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
