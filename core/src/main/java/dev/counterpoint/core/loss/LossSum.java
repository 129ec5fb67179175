package dev.counterpoint.core.loss;

import ai.djl.ndarray.NDArray;

/**
 * A loss as a sum over the items (or tokens) of a batch and how many those were. The loss that one
 * speaks of is the one divided by the other, and that is done once, after everything that makes the
 * step has been added up.
 *
 * @param sum (), part of the graph
 * @param weight items or tokens that count
 */
public record LossSum(NDArray sum, double weight) {
  /** The sum as a number; waits for the device. */
  public double total() {
    return sum.getFloat();
  }
}
