package dev.counterpoint.runner.experiment;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;

/**
 * Data set of the experiment {@code digits}: digits in strokes between points of a grid, with
 * random size, place, slant, thickness and noise, as IDX files of images (count, 16, 16) and labels
 * (count). The data is the same on every machine.
 */
final class DigitsCorpus {
  private static final long SEED = 1998;
  private static final int SIZE = 16;
  private static final int DIGITS = 10;
  private static final int TRAIN = 3000;
  private static final int VALIDATION = 600;
  private static final int NOISE = 60;

  /**
   * The strokes of each digit: pairs of column (0 to 2) and row (0 to 4), joined by straight lines.
   */
  private static final String[] STROKES = {
    "0020240400", "011014", "002022020424", "002012222404", "0002222024",
    "200002222404", "200004242202", "002004", "02002024040222", "220200202404"
  };

  /** Returns the contents of the files, one byte per character (ISO 8859-1). */
  Map<String, String> files() {
    Map<String, String> files = new TreeMap<>();
    SplittableRandom random = new SplittableRandom(SEED);
    add("train", TRAIN, random, files);
    add("validation", VALIDATION, random, files);
    return files;
  }

  private static void add(
      String split, int count, SplittableRandom random, Map<String, String> files) {
    ByteBuffer images = ByteBuffer.allocate(4 * Integer.BYTES + count * SIZE * SIZE);
    images.putInt(0x0803).putInt(count).putInt(SIZE).putInt(SIZE);
    ByteBuffer labels = ByteBuffer.allocate(2 * Integer.BYTES + count);
    labels.putInt(0x0801).putInt(count);
    for (int i = 0; i < count; i++) {
      labels.put((byte) (i % DIGITS));
      draw(STROKES[i % DIGITS], random, images);
    }
    files.put(split + "-images", new String(images.array(), StandardCharsets.ISO_8859_1));
    files.put(split + "-labels", new String(labels.array(), StandardCharsets.ISO_8859_1));
  }

  private static void draw(String strokes, SplittableRandom random, ByteBuffer image) {
    double scale = random.nextDouble(1.7, 2.9);
    double slant = random.nextDouble(-0.4, 0.4);
    double left = random.nextDouble(2.5, SIZE - 2.5 - 2 * scale);
    double top = random.nextDouble(1.5, SIZE - 1.5 - 4 * scale);
    double thickness = random.nextDouble(0.5, 1.1);
    double[] points = new double[strokes.length()];
    for (int i = 0; i < points.length; i += 2) {
      int row = strokes.charAt(i + 1) - '0';
      points[i] = left + scale * (strokes.charAt(i) - '0') + slant * (2 - row);
      points[i + 1] = top + scale * row;
    }
    for (int i = 0; i < SIZE * SIZE; i++) {
      int x = i % SIZE;
      int y = i / SIZE;
      double distance = SIZE;
      for (int j = 0; j + 3 < points.length; j += 2) {
        distance = Math.min(distance, distance(x, y, points, j));
      }
      double ink = Math.max(0, Math.min(1, 1 + thickness - distance));
      image.put((byte) Math.min(255, (int) (195 * ink) + random.nextInt(NOISE)));
    }
  }

  /** The distance of a pixel from the line between two points. */
  private static double distance(double x, double y, double[] points, int at) {
    double toX = points[at + 2] - points[at];
    double toY = points[at + 3] - points[at + 1];
    double along = ((x - points[at]) * toX + (y - points[at + 1]) * toY) / (toX * toX + toY * toY);
    double share = Math.max(0, Math.min(1, along));
    double dx = x - points[at] - share * toX;
    double dy = y - points[at + 1] - share * toY;
    return Math.sqrt(dx * dx + dy * dy);
  }
}
