package dev.counterpoint.core.loss;

/** How the outputs of a model become predictions; determined by the loss it was trained with. */
public enum OutputActivation {
  /** The outputs are logits of classes that exclude each other; their probabilities add up to 1. */
  SOFTMAX,

  /** Each output is the logit of one label; the probabilities of labels are independent. */
  SIGMOID,

  /** The outputs are the predicted values. */
  IDENTITY;

  /** The probability of a logit. */
  public static double sigmoid(double logit) {
    return 1 / (1 + Math.exp(-logit));
  }

  /**
   * Applies the activation to the outputs of one example.
   *
   * @param outputs (..., count)
   * @param from index of the example's first output
   */
  public double[] apply(float[] outputs, int from, int count) {
    double highest = Double.NEGATIVE_INFINITY;
    for (int i = 0; i < count; i++) {
      highest = Math.max(highest, outputs[from + i]);
    }
    double[] values = new double[count];
    double total = 0;
    for (int i = 0; i < count; i++) {
      double output = outputs[from + i];
      values[i] =
          switch (this) {
            case SOFTMAX -> Math.exp(output - highest);
            case SIGMOID -> sigmoid(output);
            case IDENTITY -> output;
          };
      total += values[i];
    }
    for (int i = 0; this == SOFTMAX && i < count; i++) {
      values[i] /= total;
    }
    return values;
  }
}
