package dev.counterpoint.core.metric;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.data.HostBatch;
import dev.counterpoint.core.data.HostTensor;
import dev.counterpoint.core.kernel.Torch;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** Passes outputs to a metric, as the evaluator does. */
final class Scored {
  private Scored() {}

  static void add(Metric metric, float[] output, HostTensor labels, long... shape) {
    HostBatch host = HostBatch.of((int) labels.shape().get(0), Map.of(Batch.LABELS, labels));
    try (NDManager manager = Torch.newManager(Device.cpu());
        Batch batch = new Batch(host, Device.cpu())) {
      metric.add(manager.create(output, new Shape(shape)), batch);
    }
  }

  /** The labels of the examples {@code from} to {@code to}, exclusive: long[] or float[][]. */
  interface Labels {
    Object of(int from, int to);
  }

  /**
   * Measures outputs in three ranks, the first of which has no examples and the last two batches,
   * and combines their states as the evaluator does.
   */
  static Map<String, Double> overRanks(Supplier<Metric> metric, float[][] outputs, Labels labels) {
    List<Metric> ranks = Stream.generate(metric).limit(3).toList();
    int third = (outputs.length + 2) / 3;
    int second = Math.min(outputs.length, 2 * third);
    addRows(ranks.get(1), outputs, labels, 0, third);
    addRows(ranks.get(2), outputs, labels, third, second);
    addRows(ranks.get(2), outputs, labels, second, outputs.length);
    List<double[]> states = ranks.stream().map(Metric::sums).toList();
    double[] all = states.get(0).clone();
    if (ranks.get(0).concatenates()) {
      all = states.stream().flatMapToDouble(Arrays::stream).toArray();
    } else {
      for (int i = 0; i < all.length; i++) {
        all[i] += states.get(1)[i] + states.get(2)[i];
      }
    }
    return metric.get().values(all);
  }

  private static void addRows(Metric metric, float[][] outputs, Labels labels, int from, int to) {
    if (from < to) {
      int size = to - from;
      int width = outputs[0].length;
      HostTensor tensor =
          labels.of(from, to) instanceof long[] classes
              ? HostTensor.of(classes, size)
              : HostTensor.of(flat((float[][]) labels.of(from, to)), size, width);
      add(metric, flat(Arrays.copyOfRange(outputs, from, to)), tensor, size, width);
    }
  }

  private static float[] flat(float[][] rows) {
    float[] flat = new float[rows.length * rows[0].length];
    for (int i = 0; i < rows.length; i++) {
      System.arraycopy(rows[i], 0, flat, i * rows[0].length, rows[0].length);
    }
    return flat;
  }

  /** Logits of three classes; the given class has the largest one. */
  static float[] logits(int... classes) {
    float[] logits = new float[classes.length * 3];
    for (int i = 0; i < classes.length; i++) {
      logits[i * 3 + classes[i]] = 1 + i;
    }
    return logits;
  }
}
