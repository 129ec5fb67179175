package dev.counterpoint.core.generation;

import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.SplittableRandom;

/** Takes or draws a token from logits; they are changed on the way. */
final class TokenSampler {
  private final GenerationSettings settings;

  TokenSampler(GenerationSettings settings) {
    this.settings = settings;
  }

  /**
   * The next token of one text.
   *
   * @param logits (vocabulary)
   * @param before the tokens of the text so far, the prompt's among them
   */
  long choose(double[] logits, List<Long> before, SplittableRandom random) {
    penalize(logits, before);
    if (!settings.sample()) {
      return likeliest(logits);
    }
    for (int i = 0; i < logits.length; i++) {
      logits[i] /= settings.temperature();
    }
    keepTopK(logits);
    keepTopP(logits);
    return draw(logits, random);
  }

  /** Makes what is there already less likely, whatever the sign of its logit. */
  void penalize(double[] logits, List<Long> before) {
    double penalty = settings.repetitionPenalty();
    if (penalty != 1) {
      for (long token : new HashSet<>(before)) {
        double logit = logits[(int) token];
        logits[(int) token] = logit < 0 ? logit * penalty : logit / penalty;
      }
    }
  }

  private static long likeliest(double[] logits) {
    int best = 0;
    for (int i = 1; i < logits.length; i++) {
      best = logits[i] > logits[best] ? i : best;
    }
    return best;
  }

  private void keepTopK(double[] logits) {
    int kept = settings.topK();
    if (kept > 0 && kept < logits.length) {
      double[] sorted = logits.clone();
      Arrays.sort(sorted);
      dropBelow(logits, sorted[sorted.length - kept]);
    }
  }

  /** Drops the unlikeliest as long as all that is dropped has a probability of at most 1 - topP. */
  private void keepTopP(double[] logits) {
    if (settings.topP() < 1) {
      double total = logSumExp(logits);
      double[] sorted = logits.clone();
      Arrays.sort(sorted);
      double dropped = 0;
      int first = 0;
      while (first < sorted.length - 1) {
        dropped += Math.exp(sorted[first] - total);
        if (dropped > 1 - settings.topP()) {
          break;
        }
        first++;
      }
      dropBelow(logits, sorted[first]);
    }
  }

  private static void dropBelow(double[] logits, double least) {
    for (int i = 0; i < logits.length; i++) {
      logits[i] = logits[i] < least ? Double.NEGATIVE_INFINITY : logits[i];
    }
  }

  private static long draw(double[] logits, SplittableRandom random) {
    double total = logSumExp(logits);
    double left = random.nextDouble();
    int last = 0;
    for (int i = 0; i < logits.length; i++) {
      double probability = Math.exp(logits[i] - total);
      left -= probability;
      if (left < 0) {
        return i;
      }
      last = probability > 0 ? i : last;
    }
    return last; // what rounding leaves over
  }

  /** The logarithm of the sum of all exponentials. */
  static double logSumExp(double[] logits) {
    double highest = Arrays.stream(logits).max().orElse(0);
    double sum = 0;
    for (double logit : logits) {
      sum += Math.exp(logit - highest);
    }
    return highest + Math.log(sum);
  }
}
