package dev.counterpoint.core.loss;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import dev.counterpoint.core.data.Batch;

/** Labels that are numbers rather than classes. */
final class Targets {
  private Targets() {}

  /**
   * The labels as float32, checked to have as many numbers as the output, in the output's shape.
   */
  static NDArray like(NDArray output, Batch batch) {
    NDArray labels = batch.labels();
    if (labels.size() != output.size()) {
      throw new IllegalArgumentException(
          "The labels "
              + labels.getShape()
              + " do not match the output "
              + output.getShape()
              + ".");
    }
    return labels.toType(DataType.FLOAT32, false).reshape(output.getShape());
  }

  static NDArray difference(NDArray output, Batch batch) {
    return output.sub(like(output, batch));
  }
}
