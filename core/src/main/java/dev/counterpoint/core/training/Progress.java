package dev.counterpoint.core.training;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.settings.InvalidSettings;

/**
 * Where a run stands, between two steps. With the model, the optimizer and the run file it is all
 * that a run needs to go on.
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

  /**
   * Checks that the run is to have as many epochs as it has begun.
   *
   * @throws InvalidSettings where it is to have fewer
   */
  void requireWithin(int epochs) {
    int begun = stepInEpoch > 0 ? epoch : epoch - 1;
    if (begun > epochs) {
      throw new InvalidSettings(
          "training.epochs is "
              + epochs
              + ", but the run has begun epoch "
              + begun
              + ". Ask for "
              + begun
              + " or more, or start a new run in another directory.");
    }
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

  /**
   * The first step of an epoch forgets the loss of the epoch before, which was kept to be reported.
   */
  void epochBegins() {
    if (stepInEpoch == 0) {
      epochLoss = 0;
      epochWeight = 0;
    }
  }

  void saveTo(ObjectNode json) {
    json.put("step", step);
    json.put("epoch", epoch);
    json.put("stepInEpoch", stepInEpoch);
    json.put("epochLoss", epochLoss);
    json.put("epochWeight", epochWeight);
  }

  void restoreFrom(JsonNode json) {
    step = json.path("step").asLong();
    epoch = json.path("epoch").asInt();
    stepInEpoch = json.path("stepInEpoch").asLong();
    epochLoss = json.path("epochLoss").asDouble();
    epochWeight = json.path("epochWeight").asDouble();
  }
}
