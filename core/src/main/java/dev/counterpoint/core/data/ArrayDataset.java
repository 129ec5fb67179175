package dev.counterpoint.core.data;

import java.util.Map;

/** Numbers in memory as a data set: one row of features an item, and its label. */
public final class ArrayDataset implements Dataset {
  private final float[][] features;
  private final long[] classes;
  private final float[][] targets;

  private ArrayDataset(float[][] features, long[] classes, float[][] targets) {
    int labels = Math.max(classes.length, targets.length);
    if (features.length == 0 || features.length != labels) {
      throw new IllegalArgumentException(
          features.length
              + " rows of features and "
              + labels
              + " labels; there must be as many, and one at least.");
    }
    requireSameWidth("features", features);
    requireSameWidth("targets", targets);
    this.features = features;
    this.classes = classes;
    this.targets = targets;
  }

  private static void requireSameWidth(String name, float[][] rows) {
    for (int i = 1; i < rows.length; i++) {
      if (rows[i].length != rows[0].length) {
        throw new IllegalArgumentException(
            "Row "
                + i
                + " of the "
                + name
                + " has "
                + rows[i].length
                + (rows[i].length == 1 ? " number" : " numbers")
                + ", row 0 has "
                + rows[0].length
                + "; all rows must have as many.");
      }
    }
  }

  /**
   * Items of classes counted from 0: batches have features (batch, features) and labels (batch).
   */
  public static ArrayDataset ofClasses(float[][] features, long[] classes) {
    return new ArrayDataset(features, classes, new float[0][]);
  }

  /**
   * Items with numbers to predict: batches have features (batch, features) and labels (batch,
   * targets).
   */
  public static ArrayDataset ofTargets(float[][] features, float[][] targets) {
    return new ArrayDataset(features, new long[0], targets);
  }

  @Override
  public long size() {
    return features.length;
  }

  @Override
  public HostBatch collate(long[] items) {
    HostTensor labels = targets.length > 0 ? rows(targets, items) : classesOf(items);
    return HostBatch.of(
        items.length, Map.of(Batch.FEATURES, rows(features, items), Batch.LABELS, labels));
  }

  private HostTensor classesOf(long[] items) {
    long[] chosen = new long[items.length];
    for (int i = 0; i < items.length; i++) {
      chosen[i] = classes[(int) items[i]];
    }
    return HostTensor.of(chosen, items.length);
  }

  private static HostTensor rows(float[][] rows, long[] items) {
    int width = rows[(int) items[0]].length;
    float[] chosen = new float[items.length * width];
    for (int i = 0; i < items.length; i++) {
      System.arraycopy(rows[(int) items[i]], 0, chosen, i * width, width);
    }
    return HostTensor.of(chosen, items.length, width);
  }
}
