package dev.counterpoint.core.training;

import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.loss.LossSum;

/** What adds up over the micro-batches of one step. */
final class StepSums {
  private static final int NONE = -1;

  private double loss;
  private double weight;
  private long tokens;
  private int notFinite = NONE;
  private int batches;

  void add(LossSum sum, Batch batch) {
    double total = sum.total();
    if (!Double.isFinite(total) && notFinite == NONE) {
      notFinite = batches;
    }
    loss += total;
    weight += sum.weight();
    tokens += batch.tokens();
    batches++;
  }

  double loss() {
    return loss;
  }

  double weight() {
    return weight;
  }

  double tokens() {
    return tokens;
  }

  /** The first micro-batch whose loss is not finite, or -1. */
  int notFiniteBatch() {
    return notFinite;
  }
}
