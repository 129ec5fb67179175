package dev.counterpoint.core.training;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.internal.storage.Json;
import dev.counterpoint.core.settings.InvalidSettings;
import org.jspecify.annotations.Nullable;

/**
 * The position of a run between two steps. Together with the model, the optimizer and the run file
 * it is everything that a run needs to resume.
 */
final class Progress {
  private long step;
  private int epoch = 1;
  private long stepInEpoch;
  private double epochLoss;
  private double epochWeight;
  private boolean validated = true;
  private long validatedStep;

  /** The number of optimizer steps done. */
  long step() {
    return step;
  }

  /** The current epoch, from 1. */
  int epoch() {
    return epoch;
  }

  /** The number of optimizer steps done in the current epoch. */
  long stepInEpoch() {
    return stepInEpoch;
  }

  /** The mean loss of the current epoch so far. */
  double epochLoss() {
    return epochLoss / epochWeight;
  }

  /**
   * Checks that the run has not begun more than the configured numbers of epochs and steps.
   *
   * @throws InvalidSettings if it has
   */
  void requireWithin(int epochs, @Nullable Integer maxSteps) {
    if (maxSteps != null && step > maxSteps) {
      throw new InvalidSettings(
          "training.maxSteps is %s, but the run has done %s steps. Set it to %s or more, or"
              + " start a new run in another directory.",
          maxSteps, step, step);
    }
    int begun = stepInEpoch > 0 ? epoch : epoch - 1;
    if (begun > epochs) {
      throw new InvalidSettings(
          "training.epochs is %s, but the run has begun epoch %s. Set it to %s or more, or"
              + " start a new run in another directory.",
          epochs, begun, begun);
    }
  }

  /** Whether no step was trained since the last validation. */
  boolean isValidated() {
    return validated;
  }

  /** The last validated step; 0 if there is none. */
  long validatedStep() {
    return validatedStep;
  }

  void stepDone(double lossSum, double weight) {
    validated = false;
    step++;
    stepInEpoch++;
    epochLoss += lossSum;
    epochWeight += weight;
  }

  /** Marks the current step as validated. */
  void validated() {
    validated = true;
    validatedStep = step;
  }

  /** Begins the next epoch if the current one is complete. */
  void endEpoch(long stepsPerEpoch) {
    if (stepInEpoch == stepsPerEpoch) {
      epoch++;
      stepInEpoch = 0;
    }
  }

  /**
   * Resets the loss of the previous epoch if a new epoch begins. It cannot be reset at the end of
   * the epoch, since the report needs it.
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
    json.put("epochLoss", Json.finite(epochLoss));
    json.put("epochWeight", epochWeight);
    json.put("validated", validated);
    json.put("validatedStep", validatedStep);
  }

  /**
   * Restores the position of a run with the same number of steps per epoch.
   *
   * @throws InvalidSettings if there is no such position
   */
  void restoreFrom(JsonNode json, long stepsPerEpoch) {
    step = json.path("step").asLong(-1);
    epoch = json.path("epoch").asInt();
    stepInEpoch = json.path("stepInEpoch").asLong(-1);
    epochLoss = Json.number(json.path("epochLoss"));
    epochWeight = json.path("epochWeight").asDouble();
    validated = json.path("validated").asBoolean(stepInEpoch == 0); // absent in earlier versions
    validatedStep = json.path("validatedStep").asLong(step); // absent in earlier versions
    if (epoch < 1
        || stepInEpoch < 0
        || stepInEpoch > stepsPerEpoch
        || step != (epoch - 1) * stepsPerEpoch + stepInEpoch
        || validatedStep < 0
        || validatedStep > step) {
      throw new InvalidSettings(
          "The run cannot resume: its checkpoint has the impossible position %s. An epoch has %s"
              + " steps. Start a new run in another directory.",
          json, stepsPerEpoch);
    }
  }
}
