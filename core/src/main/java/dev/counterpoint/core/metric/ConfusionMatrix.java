package dev.counterpoint.core.metric;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * How often each class was taken for each.
 *
 * @param labels of the classes in the order of their numbers
 * @param counts (actual, predicted)
 */
public record ConfusionMatrix(List<String> labels, List<List<Long>> counts) {
  public ConfusionMatrix {
    labels = List.copyOf(labels);
    counts = counts.stream().map(List::copyOf).toList();
  }

  /**
   * Two classes of which the one was taken for the other.
   *
   * @param times how often
   */
  public record Mistake(String actual, String predicted, long times) {}

  /** The mistakes that were made most, the most frequent first; each pair and direction once. */
  public List<Mistake> mistakes(int most) {
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
        .limit(most)
        .toList();
  }
}
