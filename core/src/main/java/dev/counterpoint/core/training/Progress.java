package dev.counterpoint.core.training;

import java.util.Map;

/**
 * Where a run stands, between two steps. With the model, the optimizer and the run file it is all that a
 * run needs to go on.
 */
final class Progress {
  private long step;
  private int epoch = 1;
  private long stepInEpoch;
  private double epochLoss;
  private double epochWeight;

  /** Updates made. */
  long step() {
    return step;
  }

  /** The epoch at hand, from 1. */
  int epoch() {
    return epoch;
  }

  /** Updates made in the epoch at hand. */
  long stepInEpoch() {
    return stepInEpoch;
  }

  /** The mean loss over the epoch at hand so far. */
  double epochLoss() {
    return epochLoss / epochWeight;
  }

  void stepDone(double lossSum, double weight) {
    step++;
    stepInEpoch++;
    epochLoss += lossSum;
    epochWeight += weight;
  }

  void epochDone() {
    epoch++;
    stepInEpoch = 0;
  }

  /** The first step of an epoch forgets the loss of the epoch before, which was kept to be reported. */
  void epochBegins() {
    if (stepInEpoch == 0) {
      epochLoss = 0;
      epochWeight = 0;
    }
  }

  Map<String, Object> memory() {
    return Map.of(
        "step", step,
        "epoch", epoch,
        "stepInEpoch", stepInEpoch,
        "epochLoss", Double.toString(epochLoss),
        "epochWeight", Double.toString(epochWeight));
  }

  void remember(Map<String, Object> memory) {
    step = ((Number) memory.get("step")).longValue();
    epoch = ((Number) memory.get("epoch")).intValue();
    stepInEpoch = ((Number) memory.get("stepInEpoch")).longValue();
    epochLoss = Double.parseDouble((String) memory.get("epochLoss"));
    epochWeight = Double.parseDouble((String) memory.get("epochWeight"));
  }
}
