package dev.counterpoint.core.metric;

import dev.counterpoint.core.settings.InvalidSettings;
import java.util.Arrays;

/** A list of the scores of all examples, 8 bytes each. */
final class ScoreList {
  /** The maximum number of scores in one process, which take 256 MiB. */
  static final int MAX_SCORES = 1 << 25;

  private final String metric;
  private double[] scores = new double[64];
  private int size;

  /** Creates an empty list; messages contain the name of the metric. */
  ScoreList(String metric) {
    this.metric = metric;
  }

  void add(double score) {
    if (size == MAX_SCORES) {
      throw new InvalidSettings(
          "The metric %s needs more than %s scores in one process. Set bins, if the metric has"
              + " them, or use a smaller split.",
          metric, MAX_SCORES);
    }
    if (size == scores.length) {
      scores = Arrays.copyOf(scores, 2 * size);
    }
    scores[size++] = score;
  }

  double[] toArray() {
    return Arrays.copyOf(scores, size);
  }
}
