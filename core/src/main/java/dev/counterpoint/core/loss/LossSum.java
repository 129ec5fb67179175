package dev.counterpoint.core.loss;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import java.util.Locale;

/**
 * A loss as a sum over the items (or tokens) of a batch and how many those were. The loss that one
 * speaks of is the one divided by the other, and that is done once, after everything that makes the
 * step has been added up.
 *
 * @param sum (), part of the graph
 * @param weight items or tokens that count
 */
public record LossSum(NDArray sum, double weight) {
  /**
   * Checks the sum.
   *
   * @throws IllegalArgumentException where it is not one number in float32
   */
  public LossSum {
    if (sum.getDataType() != DataType.FLOAT32 || sum.getShape().dimension() != 0) {
      throw new IllegalArgumentException(
          "The sum of a loss must be one number, () in float32, and is "
              + sum.getShape()
              + " in "
              + sum.getDataType().toString().toLowerCase(Locale.ROOT)
              + ": end it with sum(), and toType(DataType.FLOAT32, false) if need be.");
    }
  }

  /** The sum as a number; waits for the device. */
  public double total() {
    return sum.getFloat();
  }
}
