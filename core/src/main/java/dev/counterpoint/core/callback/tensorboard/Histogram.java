package dev.counterpoint.core.callback.tensorboard;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import dev.counterpoint.core.callback.tensorboard.proto.HistogramProto;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Histogram of the values of an array: 30 buckets of equal width from the smallest value to the
 * largest, as TensorBoard's histogram plug-in uses.
 */
final class Histogram {
  private static final int BUCKETS = 30;
  private static final long CHUNK = 1 << 20;

  private double smallest = Double.POSITIVE_INFINITY;
  private double largest = Double.NEGATIVE_INFINITY;
  private double sum;
  private double squares;
  private final long[] counts = new long[BUCKETS];

  private Histogram() {}

  /**
   * Computes the histogram of an array. At most 2^20 values are copied to the host at a time.
   *
   * @param array float32, of any shape
   * @return null if the array is empty or has a value that is not finite
   */
  static @Nullable HistogramProto of(NDArray array) {
    Histogram histogram = new Histogram();
    inChunks(array, histogram::measure);
    if (!Double.isFinite(histogram.largest - histogram.smallest + histogram.sum)) {
      return null;
    }
    inChunks(array, histogram::count);
    return histogram.toProto(array.size());
  }

  private static void inChunks(NDArray array, Consumer<float[]> values) {
    try (NDArray flat = array.reshape(new Shape(-1))) {
      for (long from = 0; from < array.size(); from += CHUNK) {
        try (NDArray chunk = flat.get(from + ":" + Math.min(array.size(), from + CHUNK))) {
          values.accept(chunk.toFloatArray());
        }
      }
    }
  }

  private void measure(float[] values) {
    for (float value : values) {
      smallest = Math.min(smallest, value);
      largest = Math.max(largest, value);
      sum += value;
      squares += (double) value * value;
    }
  }

  private void count(float[] values) {
    double width = (largest - smallest) / BUCKETS;
    for (float value : values) {
      int bucket = width == 0 ? 0 : (int) ((value - smallest) / width);
      counts[Math.min(bucket, BUCKETS - 1)]++;
    }
  }

  private HistogramProto toProto(long values) {
    HistogramProto.Builder proto =
        HistogramProto.newBuilder()
            .setMin(smallest)
            .setMax(largest)
            .setNum((double) values)
            .setSum(sum)
            .setSumSquares(squares);
    for (int i = 0; i < BUCKETS; i++) {
      proto.addBucketLimit(smallest + (largest - smallest) * (i + 1) / BUCKETS);
      proto.addBucket((double) counts[i]);
    }
    return proto.build();
  }
}
