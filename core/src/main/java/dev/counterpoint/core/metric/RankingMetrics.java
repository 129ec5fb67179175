package dev.counterpoint.core.metric;

import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.data.DataSpec;
import dev.counterpoint.core.settings.Checks;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Metrics of the order of examples by the probability of a class. With two classes the second one
 * is the positive class; with more, each class is compared with the rest, and the value is the mean
 * over the classes for which it is defined (macro average, as in torchmetrics).
 *
 * <p>They are exact: memory is 8 bytes for each example and class (for two classes, each example),
 * at most 256 MiB in each process; all processes receive all scores at the end. With {@code bins},
 * probabilities in the same bin count as equal, and memory is constant.
 */
public final class RankingMetrics {
  private RankingMetrics() {}

  /** Settings of a metric that is computed from the order of the examples. */
  interface OfOrder extends NamedMetric {
    @Nullable Integer bins();

    boolean perClass();

    /**
     * Computes the value of one class.
     *
     * @param positive the numbers of examples of the class in groups of equal scores, highest first
     * @param negative the numbers of other examples in the same groups
     */
    double of(double[] positive, double[] negative);

    @Override
    default Metric create(DataSpec data) {
      return new OverScores(this, ClassificationMetrics.classes(data, name()));
    }
  }

  private static final class OverScores implements Metric {
    private final OfOrder metric;
    private final List<String> labels;
    private final int first; // the first class that is compared with the rest
    private final int columns;
    private final ScoreList scores; // (examples, columns), negative for other classes
    private final double[] counts; // (columns, bins, positive and negative)

    private OverScores(OfOrder metric, List<String> labels) {
      this.metric = metric;
      this.labels = labels;
      first = labels.size() == 2 ? 1 : 0;
      columns = labels.size() - first;
      scores = new ScoreList(metric.name());
      Integer bins = metric.bins();
      counts = new double[bins == null ? 0 : columns * bins * 2];
    }

    @Override
    public void check(NDArray output, Batch batch) {
      Classification.check(output, batch, labels.size());
    }

    @Override
    public void add(NDArray output, Batch batch) {
      ProbabilityMetrics.forEach(output, batch, labels.size(), this::add);
    }

    private void add(double[] probabilities, int label) {
      Integer bins = metric.bins();
      for (int i = 0; i < columns; i++) {
        double score = probabilities[first + i];
        boolean positive = label == first + i;
        if (bins == null) {
          scores.add(Math.copySign(score, positive ? 1 : -1));
        } else {
          int bin = Math.min(bins - 1, (int) (score * bins));
          counts[2 * (i * bins + bin) + (positive ? 0 : 1)] += Double.isNaN(score) ? score : 1;
        }
      }
    }

    @Override
    public boolean concatenates() {
      return metric.bins() == null;
    }

    @Override
    public double[] sums() {
      return concatenates() ? scores.toArray() : counts.clone();
    }

    @Override
    public Map<String, Double> values(double[] sums) {
      double[] each =
          IntStream.range(0, columns)
              .mapToDouble(column -> concatenates() ? exact(sums, column) : binned(sums, column))
              .toArray();
      OptionalDouble mean = Arrays.stream(each).filter(it -> !Double.isNaN(it)).average();
      Map<String, Double> values = new LinkedHashMap<>();
      values.put(metric.name(), mean.orElse(Double.NaN));
      for (int i = 0; metric.perClass() && i < columns; i++) {
        values.put(metric.name() + "." + labels.get(first + i), each[i]);
      }
      return values;
    }

    private double binned(double[] sums, int column) {
      int bins = sums.length / columns / 2;
      double[][] groups = new double[2][bins];
      for (int i = 0; i < bins; i++) {
        groups[0][i] = sums[2 * ((column + 1) * bins - 1 - i)];
        groups[1][i] = sums[2 * ((column + 1) * bins - 1 - i) + 1];
      }
      return metric.of(groups[0], groups[1]);
    }

    private double exact(double[] sums, int column) {
      double[] positive = sorted(sums, column, 1);
      double[] negative = sorted(sums, column, -1);
      double[][] groups = new double[2][positive.length + negative.length];
      int i = positive.length - 1;
      int j = negative.length - 1;
      for (int group = 0; i >= 0 || j >= 0; group++) {
        double score = Math.max(i < 0 ? 0 : positive[i], j < 0 ? 0 : negative[j]);
        if (Double.isNaN(score)) {
          return score;
        }
        for (; i >= 0 && positive[i] == score; i--) {
          groups[0][group]++;
        }
        for (; j >= 0 && negative[j] == score; j--) {
          groups[1][group]++;
        }
      }
      return metric.of(groups[0], groups[1]);
    }

    /** The absolute values of the scores with the given sign, in ascending order; NaN is last. */
    private double[] sorted(double[] sums, int column, int sign) {
      return IntStream.range(0, sums.length / columns)
          .mapToDouble(row -> sums[row * columns + column])
          .filter(score -> Math.copySign(1, score) == sign)
          .map(Math::abs)
          .sorted()
          .toArray();
    }

    @Override
    public Optional<Mode> mode(String name) {
      return Optional.of(metric.mode());
    }
  }

  /**
   * Area under the ROC curve: {@code sklearn.metrics.roc_auc_score}; NaN if all examples or no
   * examples are of the class.
   *
   * @param bins the number of bins of probabilities; absent: exact
   * @param perClass whether to report {@code rocAuc.LABEL} of each class as well
   */
  public record RocAuc(@Nullable Integer bins, boolean perClass) implements OfOrder {
    public RocAuc {
      new Checks().positive("bins", bins).verify();
    }

    /** The default: exact, and only the value over all classes. */
    public static RocAuc defaults() {
      return new RocAuc(null, false);
    }

    @Override
    public double of(double[] positive, double[] negative) {
      double area = 0;
      double higher = 0;
      for (int i = 0; i < positive.length; i++) {
        area += negative[i] * (higher + positive[i] / 2);
        higher += positive[i];
      }
      return area / higher / Arrays.stream(negative).sum();
    }
  }

  /**
   * Average precision, the mean precision at the score of each example of the class: {@code
   * sklearn.metrics.average_precision_score}; NaN if no example is of the class.
   *
   * @param bins the number of bins of probabilities; absent: exact
   * @param perClass whether to report {@code averagePrecision.LABEL} of each class as well
   */
  public record AveragePrecision(@Nullable Integer bins, boolean perClass) implements OfOrder {
    public AveragePrecision {
      new Checks().positive("bins", bins).verify();
    }

    /** The default: exact, and only the value over all classes. */
    public static AveragePrecision defaults() {
      return new AveragePrecision(null, false);
    }

    @Override
    public double of(double[] positive, double[] negative) {
      double sum = 0;
      double hits = 0;
      double retrieved = 0;
      for (int i = 0; i < positive.length; i++) {
        hits += positive[i];
        retrieved += positive[i] + negative[i];
        sum += positive[i] == 0 ? 0 : positive[i] * hits / retrieved;
      }
      return sum / hits;
    }
  }
}
