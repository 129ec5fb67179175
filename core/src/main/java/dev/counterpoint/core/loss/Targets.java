package dev.counterpoint.core.loss;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.settings.InvalidSettings;

/** Checks the labels of a batch against the output of the model. */
final class Targets {
  private Targets() {}

  /**
   * Returns the labels as float32 in the shape of the output.
   *
   * @throws InvalidSettings if they have another number of elements than the output
   */
  static NDArray like(NDArray output, Batch batch) {
    NDArray labels = batch.labels();
    requireCount(output.size(), labels, output, "element of the output");
    return labels.toType(DataType.FLOAT32, false).reshape(output.getShape());
  }

  /**
   * Checks the number of labels.
   *
   * @param count the required number of labels
   * @param each names the part of the output that needs one label, as "row of the output"
   * @throws InvalidSettings if the number of labels differs
   */
  static void requireCount(long count, NDArray labels, NDArray output, String each) {
    if (labels.size() != count) {
      throw new InvalidSettings(
          "The labels "
              + labels.getShape()
              + " do not match the output "
              + output.getShape()
              + ": this loss needs one label for each "
              + each
              + ".");
    }
  }

  /** The output minus the labels, in the shape of the output. */
  static NDArray difference(NDArray output, Batch batch) {
    return output.sub(like(output, batch));
  }
}
