package dev.counterpoint.core.metric;

import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.data.DataSpec;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Spearman correlation of predicted numbers, the correlation of their ranks: {@code
 * scipy.stats.spearmanr}; equal numbers have their mean rank. NaN if all predictions or all labels
 * are equal. With several targets, the mean over the targets.
 *
 * <p>It is exact: memory is 24 bytes for each number, at most 256 MiB in each process; all
 * processes receive all numbers at the end.
 */
public record Spearman() implements NamedMetric {
  @Override
  public Metric create(DataSpec data) {
    return new OverPairs();
  }

  private static final class OverPairs implements Metric.Maximized {
    private static final int WIDTH = 3; // of each pair: its target, output and label

    private final ScoreList pairs = new ScoreList("spearman");

    @Override
    public void check(NDArray output, Batch batch) {
      RegressionMetrics.check(output, batch);
    }

    @Override
    public void add(NDArray output, Batch batch) {
      check(output, batch);
      double[] outputs = RegressionMetrics.numbers(output);
      double[] labels = RegressionMetrics.numbers(batch.labels());
      int targets = RegressionMetrics.targets(output);
      for (int i = 0; i < outputs.length; i++) {
        pairs.add(i % targets);
        pairs.add(outputs[i]);
        pairs.add(labels[i]);
      }
    }

    @Override
    public boolean concatenates() {
      return true;
    }

    @Override
    public double[] sums() {
      return pairs.toArray();
    }

    @Override
    public Map<String, Double> values(double[] all) {
      double targets = 0;
      for (int i = 0; i < all.length; i += WIDTH) {
        targets = Math.max(targets, 1 + all[i]);
      }
      double mean =
          IntStream.range(0, (int) targets)
              .mapToDouble(target -> correlation(all, target))
              .average()
              .orElse(Double.NaN);
      return Map.of("spearman", mean);
    }

    private static double correlation(double[] all, int target) {
      double[] outputs = ranks(column(all, target, 1));
      double[] labels = ranks(column(all, target, 2));
      Moments moments = new Moments();
      for (int i = 0; i < outputs.length; i++) {
        moments.add(outputs[i], labels[i]);
      }
      return moments.pearson();
    }

    private static double[] column(double[] all, int target, int column) {
      return IntStream.range(0, all.length / WIDTH)
          .filter(row -> all[row * WIDTH] == target)
          .mapToDouble(row -> all[row * WIDTH + column] + 0.0) // -0.0 becomes 0.0
          .toArray();
    }

    /** Twice the rank of each number; equal numbers have the mean of their ranks. */
    private static double[] ranks(double[] numbers) {
      double[] sorted = numbers.clone();
      Arrays.sort(sorted);
      return Arrays.stream(numbers)
          .map(it -> Double.isNaN(it) ? it : below(sorted, it) + below(sorted, Math.nextUp(it)))
          .toArray();
    }

    /** The number of sorted numbers that are less than a number. */
    private static int below(double[] sorted, double number) {
      int low = 0;
      int high = sorted.length;
      while (low < high) {
        int middle = (low + high) >>> 1;
        if (sorted[middle] < number) {
          low = middle + 1;
        } else {
          high = middle;
        }
      }
      return low;
    }
  }
}
