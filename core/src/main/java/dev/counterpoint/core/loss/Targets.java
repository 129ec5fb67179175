package dev.counterpoint.core.loss;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.settings.InvalidSettings;
import java.util.Locale;

/** Checks the labels of a batch against the output of the model. */
public final class Targets {
  private Targets() {}

  /**
   * Returns the labels as float32 in the shape of the output. They may have other dimensions after
   * the batch: (batch) fits (batch, 1).
   *
   * @param loss the name of the loss, for messages
   * @throws InvalidSettings if they have another shape
   */
  public static NDArray like(NDArray output, Batch batch, String loss) {
    NDArray labels = batch.labels();
    if (labels.size() != output.size() || !haveSameRows(labels.getShape(), output.getShape())) {
      boolean classes =
          labels.getDataType() == DataType.INT64
              && labels.size() * output.getShape().tail() == output.size();
      throw misfit(
          loss,
          "one label for each element of the output",
          labels,
          output,
          classes ? "If the labels are class indices, use the loss cross-entropy." : "");
    }
    return labels.toType(DataType.FLOAT32, false).reshape(output.getShape());
  }

  /** Whether reshaping keeps the rows together: equal batch dimensions, or one shape is flat. */
  private static boolean haveSameRows(Shape labels, Shape output) {
    return labels.dimension() < 2 || output.dimension() < 2 || labels.get(0) == output.get(0);
  }

  /**
   * Checks that there is one class index for each row of logits.
   *
   * @param logits (..., classes)
   * @throws InvalidSettings if the labels have another number or are not int64
   */
  public static void requireClasses(NDArray labels, NDArray logits, String loss) {
    if (labels.size() * logits.getShape().tail() != logits.size()
        || labels.getDataType() != DataType.INT64) {
      throw misfit(
          loss,
          "one class index (int64) for each row of the output",
          labels,
          logits,
          labels.size() == logits.size()
              ? "For one target per element of the output, use the loss binary-cross-entropy"
                  + " (labels from 0 to 1) or mean-squared-error (any number)."
              : "");
    }
  }

  private static InvalidSettings misfit(
      String loss, String needed, NDArray labels, NDArray output, String advice) {
    return new InvalidSettings(
        "The loss %s needs %s, but the labels are %s and the output is %s. %s"
            .formatted(loss, needed, describe(labels), describe(output), advice)
            .strip());
  }

  private static String describe(NDArray array) {
    return array.getDataType().name().toLowerCase(Locale.ROOT) + " " + array.getShape();
  }

  /** The output minus the labels, in the shape of the output. */
  public static NDArray difference(NDArray output, Batch batch, String loss) {
    return output.sub(like(output, batch, loss));
  }
}
