package dev.counterpoint.core.data;

import dev.counterpoint.core.settings.Formats;
import java.util.Arrays;
import java.util.Map;

/** Dataset held in memory: one row of features and one label for each example. */
public final class ArrayDataset implements Dataset {
  private final float[][] features;
  private final long[] classes;
  private final float[][] targets;

  private ArrayDataset(float[][] features, long[] classes, float[][] targets) {
    int labels = Math.max(classes.length, targets.length);
    if (features.length == 0 || features.length != labels) {
      throw new IllegalArgumentException(
          Formats.of(
              "%s feature rows and %s labels; the two counts must be equal and at least 1.",
              features.length, labels));
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
            Formats.of(
                "Row %s of %s has %s%s, but row 0 has %s; all rows must have the same length.",
                i,
                name,
                rows[i].length,
                rows[i].length == 1 ? " value" : " values",
                rows[0].length));
      }
    }
  }

  /**
   * Examples labelled with a class, counted from 0. Batches hold features (batch, features),
   * float32, and labels (batch), int64.
   */
  public static ArrayDataset ofClasses(float[][] features, long[] classes) {
    return new ArrayDataset(features, classes, new float[0][]);
  }

  /**
   * Examples with numeric regression targets. Batches hold features (batch, features) and labels
   * (batch, targets), both float32.
   */
  public static ArrayDataset ofTargets(float[][] features, float[][] targets) {
    return new ArrayDataset(features, new long[0], targets);
  }

  @Override
  public long size() {
    return features.length;
  }

  @Override
  public HostBatch collate(long[] indices) {
    HostTensor labels = targets.length > 0 ? rows(targets, indices) : classesOf(indices);
    return HostBatch.of(
        indices.length, Map.of(Batch.FEATURES, rows(features, indices), Batch.LABELS, labels));
  }

  private HostTensor classesOf(long[] indices) {
    long[] selected = Arrays.stream(indices).map(index -> classes[(int) index]).toArray();
    return HostTensor.of(selected, indices.length);
  }

  private static HostTensor rows(float[][] rows, long[] indices) {
    int width = rows[(int) indices[0]].length;
    float[] selected = new float[indices.length * width];
    for (int i = 0; i < indices.length; i++) {
      System.arraycopy(rows[(int) indices[i]], 0, selected, i * width, width);
    }
    return HostTensor.of(selected, indices.length, width);
  }
}
