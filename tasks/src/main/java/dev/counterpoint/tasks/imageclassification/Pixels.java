package dev.counterpoint.tasks.imageclassification;

/**
 * An image in memory.
 *
 * @param channels 1 for gray, 3 for red, green and blue
 * @param values unsigned bytes (channels, height, width); not copied
 */
@SuppressWarnings("ArrayRecordComponent") // Never compared.
record Pixels(int channels, int height, int width, byte[] values) {
  private static final double MAX = 255;

  /** The weights of red, green and blue in gray (ITU-R BT.601), as in Pillow. */
  private static final double[] GRAY = {0.299, 0.587, 0.114};

  /** Returns a copy with another number of channels. */
  Pixels withChannels(int count) {
    if (count == channels) {
      return this;
    }
    int plane = height * width;
    byte[] converted = new byte[count * plane];
    for (int i = 0; i < plane; i++) {
      double gray = 0;
      for (int channel = 0; channel < GRAY.length; channel++) {
        gray += GRAY[channel] * (values[i + (channels == 1 ? 0 : channel * plane)] & 0xff);
      }
      for (int channel = 0; channel < count; channel++) {
        converted[channel * plane + i] = (byte) Math.round(gray);
      }
    }
    return new Pixels(count, height, width, converted);
  }

  /**
   * Returns a copy of another size: bilinear interpolation; to reduce the size, over a triangle
   * whose width grows with the reduction, as in Pillow and {@code torch.nn.functional.interpolate}
   * with {@code antialias=True}.
   */
  Pixels resized(int newHeight, int newWidth) {
    if (newHeight == height && newWidth == width) {
      return this;
    }
    float[] rows = new float[channels * height * newWidth];
    Weights[] across = weights(width, newWidth);
    for (int row = 0; row < channels * height; row++) {
      for (int x = 0; x < newWidth; x++) {
        double sum = 0;
        for (int i = 0; i < across[x].values.length; i++) {
          sum += across[x].values[i] * (values[row * width + across[x].first + i] & 0xff);
        }
        rows[row * newWidth + x] = (float) sum;
      }
    }
    byte[] result = new byte[channels * newHeight * newWidth];
    Weights[] down = weights(height, newHeight);
    for (int i = 0; i < result.length; i++) {
      Weights column = down[i / newWidth % newHeight];
      int start = (i / newWidth / newHeight * height + column.first) * newWidth + i % newWidth;
      double sum = 0;
      for (int j = 0; j < column.values.length; j++) {
        sum += column.values[j] * rows[start + j * newWidth];
      }
      result[i] = (byte) Math.round(Math.min(MAX, sum));
    }
    return new Pixels(channels, newHeight, newWidth, result);
  }

  /** The weights of consecutive pixels in one new pixel; their sum is 1. */
  @SuppressWarnings("ArrayRecordComponent") // Never compared.
  private record Weights(int first, double[] values) {}

  private static Weights[] weights(int size, int newSize) {
    double scale = (double) size / newSize;
    double support = Math.max(1, scale);
    Weights[] weights = new Weights[newSize];
    for (int i = 0; i < newSize; i++) {
      double center = (i + 0.5) * scale;
      int first = Math.max(0, (int) (center - support + 0.5));
      double[] values = new double[Math.min(size, (int) (center + support + 0.5)) - first];
      double total = 0;
      for (int j = 0; j < values.length; j++) {
        values[j] = Math.max(0, 1 - Math.abs(first + j + 0.5 - center) / support);
        total += values[j];
      }
      for (int j = 0; j < values.length; j++) {
        values[j] /= total;
      }
      weights[i] = new Weights(first, values);
    }
    return weights;
  }
}
