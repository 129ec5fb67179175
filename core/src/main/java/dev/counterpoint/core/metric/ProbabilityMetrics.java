package dev.counterpoint.core.metric;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.data.DataSpec;
import dev.counterpoint.core.loss.CrossEntropy;
import dev.counterpoint.core.loss.OutputActivation;
import dev.counterpoint.core.settings.Checks;
import java.util.Map;
import java.util.Optional;
import java.util.function.ObjIntConsumer;

/**
 * Metrics of the probabilities of classes, the softmax of logits (..., classes), with labels (...).
 * Labels of {@value CrossEntropy#IGNORED} do not count. Memory is constant.
 */
public final class ProbabilityMetrics {
  private ProbabilityMetrics() {}

  /** Passes the class probabilities (classes) and the label of each example to a consumer. */
  static void forEach(NDArray output, Batch batch, int classes, ObjIntConsumer<double[]> consumer) {
    Classification.check(output, batch, classes);
    float[] logits = output.toFloatArray(); // device-to-host synchronization
    long[] labels = batch.labels().reshape(new Shape(-1)).toLongArray();
    for (int i = 0; i < labels.length; i++) {
      if (labels[i] != CrossEntropy.IGNORED) {
        double[] probabilities = OutputActivation.SOFTMAX.apply(logits, i * classes, classes);
        consumer.accept(probabilities, (int) labels[i]);
      }
    }
  }

  /** Settings of a metric that is computed from sums over the examples. */
  interface OfSums extends NamedMetric {
    /** The number of sums. */
    default int size() {
      return 2;
    }

    void add(double[] sums, double[] probabilities, int label);

    /** By default the mean: the first sum divided by the second. */
    default double value(double[] sums) {
      return sums[0] / sums[1];
    }

    @Override
    default Metric create(DataSpec data) {
      int classes = ClassificationMetrics.classes(data, name()).size();
      return new OverExamples(this, classes, new double[size()]);
    }
  }

  @SuppressWarnings("ArrayRecordComponent") // Never compared.
  private record OverExamples(OfSums metric, int classes, double[] sums) implements Metric {
    @Override
    public void check(NDArray output, Batch batch) {
      Classification.check(output, batch, classes);
    }

    @Override
    public void add(NDArray output, Batch batch) {
      forEach(output, batch, classes, (p, label) -> metric.add(sums, p, label));
    }

    @Override
    public double[] sums() {
      return sums.clone();
    }

    @Override
    public Map<String, Double> values(double[] all) {
      return Map.of(metric.name(), metric.value(all));
    }

    @Override
    public Optional<Mode> mode(String name) {
      return Optional.of(metric.mode());
    }
  }

  /**
   * Top-k accuracy, how often the label is among the k most probable classes: {@code
   * sklearn.metrics.top_k_accuracy_score}; equally probable classes are ranked by index, so that k
   * = 1 is the accuracy. NaN is a mistake. Its name has k: {@code top5Accuracy}.
   *
   * @param k the number of classes
   */
  public record TopK(int k) implements OfSums {
    public TopK {
      new Checks().positive("k", k).verify();
    }

    /** The default: {@code k} is 5. */
    public static TopK defaults() {
      return new TopK(5);
    }

    @Override
    public String name() {
      return "top" + k + "Accuracy";
    }

    @Override
    public void add(double[] sums, double[] probabilities, int label) {
      int before = 0;
      for (int i = 0; i < probabilities.length; i++) {
        double lead = probabilities[i] - probabilities[label];
        before += lead > 0 || (lead == 0 && i < label) ? 1 : 0;
      }
      sums[0] += before < k && !Double.isNaN(probabilities[label]) ? 1 : 0;
      sums[1]++;
    }
  }

  /** Mean of -log p of the labels: {@code sklearn.metrics.log_loss}, without its clipping of p. */
  public record LogLoss() implements OfSums {
    @Override
    public Mode mode() {
      return Mode.MIN;
    }

    @Override
    public void add(double[] sums, double[] probabilities, int label) {
      sums[0] -= Math.log(probabilities[label]);
      sums[1]++;
    }
  }

  /**
   * Brier score, the squared error of the probabilities: {@code sklearn.metrics.brier_score_loss}.
   * With two classes it is the error of one of them, from 0 to 1; with more, the sum over the
   * classes, from 0 to 2.
   */
  public record Brier() implements OfSums {
    @Override
    public Mode mode() {
      return Mode.MIN;
    }

    @Override
    public void add(double[] sums, double[] probabilities, int label) {
      for (int i = 0; i < probabilities.length; i++) {
        double error = probabilities[i] - (i == label ? 1 : 0);
        sums[0] += error * error / (probabilities.length == 2 ? 2 : 1);
      }
      sums[1]++;
    }
  }

  /**
   * Expected calibration error (Guo et al. 2017, equation 3): the mean difference of accuracy and
   * confidence in bins of equal width. Confidence is the probability of the predicted class.
   *
   * @param bins the number of bins from 0 to 1
   */
  public record CalibrationError(int bins) implements OfSums {
    public CalibrationError {
      new Checks().positive("bins", bins).verify();
    }

    /** The default: 15 bins, as in the paper. */
    public static CalibrationError defaults() {
      return new CalibrationError(15);
    }

    @Override
    public Mode mode() {
      return Mode.MIN;
    }

    /** For each bin, the sum of confidences minus correct predictions; then the examples. */
    @Override
    public int size() {
      return bins + 1;
    }

    @Override
    public void add(double[] sums, double[] probabilities, int label) {
      int predicted = 0;
      for (int i = 1; i < probabilities.length; i++) {
        predicted = probabilities[i] > probabilities[predicted] ? i : predicted;
      }
      double confidence = probabilities[predicted];
      sums[Math.min(bins - 1, (int) (confidence * bins))] +=
          confidence - (predicted == label ? 1 : 0);
      sums[bins]++;
    }

    @Override
    public double value(double[] sums) {
      double differences = 0;
      for (int i = 0; i < bins; i++) {
        differences += Math.abs(sums[i]);
      }
      return differences / sums[bins];
    }
  }
}
