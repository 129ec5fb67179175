package dev.counterpoint.tasks.imageclassification;

import dev.counterpoint.core.data.DataSpec;
import dev.counterpoint.core.data.source.DataContext;
import dev.counterpoint.core.data.source.DataSplits;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.imageio.ImageIO;
import org.jspecify.annotations.Nullable;

/** Writes images, and opens them as data. */
record ImageFixtures(Path folder) {
  /** Writes an image of one color, 0xRRGGBB. */
  Path image(String name, int width, int height, int color) throws IOException {
    BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    for (int i = 0; i < width * height; i++) {
      image.setRGB(i % width, i / width, color);
    }
    Path file = folder.resolve(name);
    Files.createDirectories(file.resolveSibling(""));
    ImageIO.write(image, name.substring(name.lastIndexOf('.') + 1), file.toFile());
    return file;
  }

  /** Writes an IDX file of images of 2 x 2 pixels whose values count up from 10 times a number. */
  void idxImages(String name, int... numbers) throws IOException {
    byte[] values = new byte[4 * numbers.length];
    for (int i = 0; i < values.length; i++) {
      values[i] = (byte) (10 * numbers[i / 4] + i % 4);
    }
    idx(name, 0x0803, values, numbers.length, 2, 2);
  }

  void idxLabels(String name, int... labels) throws IOException {
    byte[] values = new byte[labels.length];
    for (int i = 0; i < values.length; i++) {
      values[i] = (byte) labels[i];
    }
    idx(name, 0x0801, values, labels.length);
  }

  void idx(String name, int magic, byte[] values, int... sizes) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DataOutputStream file = new DataOutputStream(bytes);
    file.writeInt(magic);
    for (int size : sizes) {
      file.writeInt(size);
    }
    file.write(values);
    Files.write(folder.resolve(name), bytes.toByteArray());
  }

  ImageFiles idx(String split) {
    return new ImageFiles(null, split + "-images", split + "-labels");
  }

  static ImageFiles folder(String path) {
    return new ImageFiles(path, null, null);
  }

  /** Settings for images of 2 x 2 gray pixels. */
  static ImageClassification settings(ImageFiles train, @Nullable ImageFiles validation) {
    return new ImageClassification(train, validation, null, null, 2, 1, null, false, 0, 0);
  }

  DataContext context(long seed, @Nullable DataSpec trained) {
    return new DataContext(
        folder.resolve("cache"), folder::resolve, Integer.MAX_VALUE, seed, null, trained, null);
  }

  DataSplits open(ImageClassification settings) throws IOException {
    return settings.open(context(17, null));
  }
}
