package dev.counterpoint.core.loss;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.settings.Formats;
import dev.counterpoint.core.settings.InvalidSettings;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A loss as a sum over the examples (or tokens) of a batch, and their number as its weight. The
 * mean loss is the sum divided by the weight; the training loop divides once, after the sums of all
 * micro-batches and processes have been added up.
 */
public final class LossSum {
  private final NDArray sum;
  private final @Nullable NDArray count;
  private final double weight;
  private final Map<String, NDArray> auxiliary;

  /**
   * A loss whose weight is known.
   *
   * @param sum (), float32, part of the graph
   * @param weight the number of examples or tokens that count
   * @throws IllegalArgumentException if the sum is not a single float32 number
   */
  public LossSum(NDArray sum, double weight) {
    this(sum, null, weight, Map.of());
  }

  /**
   * A loss whose weight is an array. The array is read when {@link #weight} is called, so that
   * there is no synchronization with the device before the backward pass.
   *
   * @param sum (), float32, part of the graph
   * @param count (), the number of examples or tokens that count
   * @throws IllegalArgumentException if the sum is not a single float32 number
   */
  public LossSum(NDArray sum, NDArray count) {
    // A copy, since the backward pass frees the results of kernels.
    this(sum, count.toType(DataType.FLOAT64, true), Double.NaN, Map.of());
  }

  private LossSum(
      NDArray sum, @Nullable NDArray count, double weight, Map<String, NDArray> auxiliary) {
    if (sum.getDataType() != DataType.FLOAT32 || sum.getShape().dimension() != 0) {
      throw new IllegalArgumentException(
          Formats.of(
              "The sum of a loss must be a float32 scalar, shape (), but is %s %s. Append"
                  + " .sum(), and .toType(DataType.FLOAT32, false) if the type differs.",
              sum.getDataType().toString().toLowerCase(Locale.ROOT), sum.getShape()));
    }
    this.sum = sum;
    this.count = count;
    this.weight = weight;
    this.auxiliary = auxiliary;
  }

  /**
   * The sum of an elementwise loss. If the batch has {@link Batch#WEIGHTS}, each example counts
   * that many times.
   *
   * @param loss (batch, ...), float32, part of the graph
   */
  public static LossSum of(NDArray loss, Batch batch) {
    if (!batch.has(Batch.WEIGHTS)) {
      return new LossSum(loss.sum(), loss.size());
    }
    NDArray rows = loss.reshape(batch.size(), -1); // (batch, elements)
    NDArray weights = batch.get(Batch.WEIGHTS).reshape(-1, 1); // (batch, 1)
    return new LossSum(rows.mul(weights).sum(), weights.sum().mul(rows.getShape().get(1)));
  }

  /**
   * Checks that the loss was not computed from an accidental broadcast, as of the output (batch, 1)
   * and the labels (batch), which gives (batch, batch) differences.
   *
   * @throws InvalidSettings if the weight shows it
   */
  public LossSum requireNoBroadcast(NDArray output, NDArray labels) {
    long elements = labels.size();
    if (weight == (double) (elements * elements)
        && weight > (double) Math.max(elements, output.size())) {
      throw new InvalidSettings(
          "The loss has the weight %s for labels %s and the output %s: they were broadcast"
              + " against each other. Reshape the labels: labels.reshape(output.getShape()).",
          (long) weight, labels.getShape(), output.getShape());
    }
    return this;
  }

  /**
   * Adds auxiliary losses with the weight of this loss.
   *
   * @param means their means over the batch by name: (), float32, part of the graph
   */
  public LossSum withAuxiliary(Map<String, NDArray> means) {
    if (means.isEmpty()) {
      return this;
    }
    NDArray total = sum;
    Map<String, NDArray> sums = new TreeMap<>();
    for (Map.Entry<String, NDArray> mean : means.entrySet()) {
      NDArray part = weighted(mean.getValue());
      sums.put(mean.getKey(), part);
      total = total.add(part);
    }
    return new LossSum(total, count, weight, sums);
  }

  private NDArray weighted(NDArray mean) {
    return count == null
        ? mean.mul((float) weight)
        : mean.mul(count.toType(DataType.FLOAT32, false));
  }

  /** The sums of the auxiliary losses, which are part of {@link #total}, by name. */
  public Map<String, Double> auxiliary() {
    Map<String, Double> values = new TreeMap<>();
    auxiliary.forEach(
        (name, part) -> values.put(name, (double) part.getFloat())); // synchronization
    return values;
  }

  /** The sum: (), float32, part of the graph. */
  public NDArray sum() {
    return sum;
  }

  /** The number of examples or tokens that count in the loss. */
  public double weight() {
    return count == null ? weight : count.getDouble(); // device-to-host synchronization
  }

  /** The sum as a number. */
  public double total() {
    return sum.getFloat(); // device-to-host synchronization
  }

  /** The mean of two losses, with the mean of their weights, which are arrays. */
  static LossSum mean(LossSum first, LossSum second) {
    NDArray counts = counts(first).add(counts(second));
    return new LossSum(first.sum.add(second.sum).div(2), counts.div(2));
  }

  private static NDArray counts(LossSum loss) {
    if (loss.count == null) {
      throw new IllegalArgumentException("The loss has a weight that is a number, not an array.");
    }
    return loss.count;
  }
}
