package dev.counterpoint.core.loss;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.settings.InvalidSettings;

/** The labels of a batch, checked against its output. */
final class Targets {
  private Targets() {}

  /** The labels as float32 in the shape of the output, checked to have its number of elements. */
  static NDArray like(NDArray output, Batch batch) {
    NDArray labels = batch.labels();
    requireCount(output.size(), labels, output, "number of the output");
    return labels.toType(DataType.FLOAT32, false).reshape(output.getShape());
  }

  /**
   * Rejects labels of another number than the output has.
   *
   * @param each the name of an element that has a label
   */
  static void requireCount(long count, NDArray labels, NDArray output, String each) {
    if (labels.size() != count) {
      throw new InvalidSettings(
          "The labels "
              + labels.getShape()
              + " do not match the output "
              + output.getShape()
              + ": this loss takes one for each "
              + each
              + ".");
    }
  }

  static NDArray difference(NDArray output, Batch batch) {
    return output.sub(like(output, batch));
  }
}
