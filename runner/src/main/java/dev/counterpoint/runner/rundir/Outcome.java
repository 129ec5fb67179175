package dev.counterpoint.runner.rundir;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.callback.Callback;
import dev.counterpoint.core.callback.TrainingEnd;
import dev.counterpoint.core.checkpoint.Checkpoint;
import dev.counterpoint.core.checkpoint.CheckpointStore;
import dev.counterpoint.core.checkpoint.ModelHash;
import dev.counterpoint.core.model.BaseModel;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a run came to: the model that it leaves, and what that measured.
 *
 * @param end how the training ended
 * @param best the checkpoint that the model is from, where it is not that of the last step
 * @param modelHash of the model that is left
 * @param passedOver what was to be the best model and could not be used: a sentence each
 */
public record Outcome(
    TrainingEnd end, Optional<Checkpoint> best, String modelHash, List<String> passedOver) {
  /** Loads the model that a callback has chosen, if one has; else the model stays as it is. */
  public static Outcome of(TrainingEnd end, BaseModel model, List<Callback> callbacks)
      throws IOException {
    List<String> passedOver = new ArrayList<>();
    Optional<Checkpoint> best = Optional.empty();
    for (Callback callback : callbacks) {
      if (best.isEmpty() && callback instanceof Callback.SelectsResult choosing) {
        CheckpointStore.Found found = choosing.chosen();
        passedOver.addAll(found.passedOver());
        best = found.checkpoint();
      }
    }
    if (best.isPresent()) {
      best.get().loadModel(model.parameters());
    }
    return new Outcome(end, best, ModelHash.of(model.parameters()), passedOver);
  }

  /** The measures of the model that is left; empty where it was not validated. */
  public Map<String, Double> validation() {
    Map<String, Double> values = new LinkedHashMap<>();
    if (best.isEmpty()) {
      end.validation().ifPresent(evaluation -> values.putAll(evaluation.values()));
    } else {
      best.get()
          .state()
          .path("validation")
          .properties()
          .forEach(value -> values.put(value.getKey(), value.getValue().asDouble()));
    }
    return values;
  }

  /**
   * {@code summary.json}. Seconds and speeds are of the whole run, without the time between the
   * processes that it went on in; a number that is not finite is text.
   */
  public ObjectNode summary() {
    ObjectNode json = new JsonMapper().createObjectNode();
    json.put("steps", end.steps());
    json.put("epochs", end.epochs());
    json.put("trainLoss", end.trainLoss());
    best.ifPresent(checkpoint -> json.put("bestStep", checkpoint.step()));
    Map<String, Double> measured = validation();
    if (!measured.isEmpty()) {
      measured.forEach(json.putObject("validation")::put);
    }
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
