package dev.counterpoint.tasks.imageclassification;

import dev.counterpoint.core.data.ImageSpec;
import java.util.function.IntUnaryOperator;

/** Writes the normalized pixels of images: (value / 255 - mean) / deviation. */
final class Normalizer {
  private static final int VALUES = 256;

  private final ImageSpec image;
  private final float[][] table;

  Normalizer(ImageSpec image) {
    this.image = image;
    table = new float[image.channels()][VALUES];
    for (int channel = 0; channel < table.length; channel++) {
      double mean = image.mean().get(channel);
      double deviation = image.deviation().get(channel);
      for (int value = 0; value < VALUES; value++) {
        table[channel][value] = (float) ((value / (VALUES - 1.0) - mean) / deviation);
      }
    }
  }

  /** The number of values of an image. */
  int length() {
    return image.channels() * image.height() * image.width();
  }

  /**
   * Writes an image, (channels, height, width).
   *
   * @param pixels the values from 0 to 255 by their position in the unchanged image
   * @param offset the position of the first value to write
   */
  void write(IntUnaryOperator pixels, Augmentation.Change change, float[] values, int offset) {
    int height = image.height();
    int width = image.width();
    int next = offset;
    for (int channel = 0; channel < table.length; channel++) {
      for (int y = -change.down(); y < height - change.down(); y++) {
        for (int x = -change.right(); x < width - change.right(); x++) {
          boolean isInside = y >= 0 && y < height && x >= 0 && x < width;
          int column = change.flip() ? width - 1 - x : x;
          int at = (channel * height + y) * width + column;
          values[next++] = table[channel][isInside ? pixels.applyAsInt(at) : 0];
        }
      }
    }
  }
}
