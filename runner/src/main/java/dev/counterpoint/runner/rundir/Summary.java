package dev.counterpoint.runner.rundir;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.callback.TrainingEnd;

/** {@code summary.json}: how a run ended. */
public final class Summary {
  private Summary() {}

  /** Speeds are of this process's part of the run; a number that is not finite is text. */
  public static ObjectNode of(TrainingEnd end, String modelHash) {
    ObjectNode json = new JsonMapper().createObjectNode();
    json.put("steps", end.steps());
    json.put("epochs", end.epochs());
    json.put("trainLoss", end.trainLoss());
    end.validation()
        .ifPresent(
            evaluation -> {
              ObjectNode validation = json.putObject("validation");
              evaluation.values().forEach(validation::put);
            });
    json.put("seconds", end.seconds());
    json.put("itemsPerSecond", end.items() / end.seconds());
    json.put("tokensPerSecond", end.tokens() / end.seconds());
    PeakMemory.bytes().ifPresent(bytes -> json.put("peakMemoryBytes", bytes));
    json.put("modelHash", modelHash);
    if (end.stopReason() != null) {
      json.put("stopReason", end.stopReason());
    }
    return json;
  }
}
