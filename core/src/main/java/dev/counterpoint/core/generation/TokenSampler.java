package dev.counterpoint.core.generation;

import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.SplittableRandom;

/** Chooses the next token from logits, greedily or by sampling. Modifies the logits. */
record TokenSampler(GenerationSettings settings) {

  /**
   * Chooses the next token of one sequence.
   *
   * @param logits (vocabulary)
   * @param history the tokens of the sequence so far, including the prompt
   */
  long next(double[] logits, List<Long> history, SplittableRandom random) {
    penalize(logits, history);
    if (!settings.sample()) {
      return argMax(logits);
    }
    for (int i = 0; i < logits.length; i++) {
      logits[i] /= settings.temperature();
    }
    keepTopK(logits);
    keepTopP(logits);
    return draw(logits, random);
  }

  /**
   * Applies the repetition penalty: reduces the logits of tokens that already occur, whether
   * positive or negative.
   */
  void penalize(double[] logits, List<Long> history) {
    double penalty = settings.repetitionPenalty();
    if (penalty != 1) {
      for (long token : new HashSet<>(history)) {
        double logit = logits[(int) token];
        logits[(int) token] = logit < 0 ? logit * penalty : logit / penalty;
      }
    }
  }

  private static long argMax(double[] logits) {
    int best = 0;
    for (int i = 1; i < logits.length; i++) {
      best = logits[i] > logits[best] ? i : best;
    }
    return best;
  }

  private void keepTopK(double[] logits) {
    int k = settings.topK();
    if (k > 0 && k < logits.length) {
      double[] sorted = logits.clone();
      Arrays.sort(sorted);
      dropBelow(logits, sorted[sorted.length - k]);
    }
  }

  /** Removes the least likely tokens as long as their total probability is at most 1 - topP. */
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

  private static void dropBelow(double[] logits, double threshold) {
    for (int i = 0; i < logits.length; i++) {
      logits[i] = logits[i] < threshold ? Double.NEGATIVE_INFINITY : logits[i];
    }
  }

  private static long draw(double[] logits, SplittableRandom random) {
    double total = logSumExp(logits);
    double remaining = random.nextDouble();
    int last = 0;
    for (int i = 0; i < logits.length; i++) {
      double probability = Math.exp(logits[i] - total);
      remaining -= probability;
      if (remaining < 0) {
        return i;
      }
      last = probability > 0 ? i : last;
    }
    return last; // probabilities sum to slightly less than 1 because of rounding
  }

  /** The logarithm of the sum of the exponentials of the logits. */
  static double logSumExp(double[] logits) {
    double highest = Arrays.stream(logits).max().orElse(0);
    double sum = 0;
    for (double logit : logits) {
      sum += Math.exp(logit - highest);
    }
    return highest + Math.log(sum);
  }
}
