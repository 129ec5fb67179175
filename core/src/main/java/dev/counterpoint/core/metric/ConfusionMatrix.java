package dev.counterpoint.core.metric;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Confusion matrix: how often each class was predicted as each class.
 *
 * @param labels class names, in the order of the class indices
 * @param counts (actual, predicted)
 */
public record ConfusionMatrix(List<String> labels, List<List<Long>> counts) {
  public ConfusionMatrix {
    labels = List.copyOf(labels);
    counts = counts.stream().map(List::copyOf).toList();
  }

  /**
   * Misclassification of one class as another.
   *
   * @param times number of occurrences
   */
  public record Mistake(String actual, String predicted, long times) {}

  /**
   * The most frequent misclassifications, most frequent first. Each pair (actual, predicted) occurs
   * once.
   *
   * @param limit maximum number of pairs
   */
  public List<Mistake> mistakes(int limit) {
    List<Mistake> mistakes = new ArrayList<>();
    for (int actual = 0; actual < labels.size(); actual++) {
      for (int predicted = 0; predicted < labels.size(); predicted++) {
        long times = counts.get(actual).get(predicted);
        if (actual != predicted && times > 0) {
          mistakes.add(new Mistake(labels.get(actual), labels.get(predicted), times));
        }
      }
    }
    return mistakes.stream()
        .sorted(Comparator.comparingLong(Mistake::times).reversed())
        .limit(limit)
        .toList();
  }
}
