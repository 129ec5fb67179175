package dev.counterpoint.tasks.textclassification;

import dev.counterpoint.core.data.HostTensor;
import dev.counterpoint.core.loss.OutputActivation;
import dev.counterpoint.core.settings.InvalidSettings;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Prediction for one text.
 *
 * @param labels all class labels, by descending probability
 * @param probabilities the probabilities of the labels; they add up to 1 unless the model decides
 *     about each label separately
 * @param truncated whether the text was truncated to the maximum length used in training
 */
public record Prediction(List<String> labels, List<Double> probabilities, boolean truncated) {
  /**
   * Computes the predictions of a batch.
   *
   * @param logits (examples, labels), or (examples, 1) for the second of two labels and a sigmoid
   * @param truncated whether each example was truncated
   * @throws InvalidSettings if the logits have another shape
   */
  public static List<Prediction> of(
      HostTensor logits,
      List<String> labels,
      OutputActivation activation,
      List<Boolean> truncated) {
    int examples = truncated.size();
    int outputs = logits.floats().length / examples;
    boolean binary = activation == OutputActivation.SIGMOID && outputs == 1 && labels.size() == 2;
    if (!binary && outputs != labels.size()) {
      throw new InvalidSettings(
          "The output of the model has shape %s, which does not fit its %s labels.",
          logits.shape(), labels.size());
    }
    List<Prediction> predictions = new ArrayList<>();
    for (int i = 0; i < examples; i++) {
      double[] values = activation.apply(logits.floats(), i * outputs, outputs);
      predictions.add(
          ranked(
              labels, binary ? new double[] {1 - values[0], values[0]} : values, truncated.get(i)));
    }
    return predictions;
  }

  private static Prediction ranked(List<String> labels, double[] probabilities, boolean truncated) {
    List<Integer> order =
        IntStream.range(0, labels.size())
            .boxed()
            .sorted(Comparator.comparingDouble(i -> -probabilities[i]))
            .toList();
    return new Prediction(
        order.stream().map(labels::get).toList(),
        order.stream().map(i -> probabilities[i]).toList(),
        truncated);
  }

  public String label() {
    return labels.get(0);
  }

  /** Probability of the most likely label. */
  public double probability() {
    return probabilities.get(0);
  }
}
