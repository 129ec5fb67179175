package dev.counterpoint.runner.rundir;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.callback.Callback;
import dev.counterpoint.core.callback.TrainingEnd;
import dev.counterpoint.core.checkpoint.Checkpoint;
import dev.counterpoint.core.checkpoint.CheckpointStore;
import dev.counterpoint.core.checkpoint.ModelHash;
import dev.counterpoint.core.internal.storage.Json;
import dev.counterpoint.core.metric.Evaluation;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.settings.Formats;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The result of a training run: the final model and its metrics.
 *
 * @param end how training ended
 * @param best the checkpoint from which the final model was loaded; empty if it is the model of the
 *     last step
 * @param modelHash the hash of the final model
 * @param skipped why a best model could not be used: a message each
 */
public record Outcome(
    TrainingEnd end, Optional<Checkpoint> best, String modelHash, List<String> skipped) {
  /**
   * Creates the outcome. If a callback selected a checkpoint, such as the best model, its weights
   * are loaded into the model; otherwise the model keeps the weights of the last step.
   */
  public static Outcome of(TrainingEnd end, BaseModel model, List<Callback> callbacks)
      throws IOException {
    List<String> skipped = new ArrayList<>();
    Optional<Checkpoint> best = Optional.empty();
    for (Callback callback : callbacks) {
      if (best.isEmpty() && callback instanceof Callback.SelectsResult selector) {
        CheckpointStore.Found found = selector.selected();
        skipped.addAll(found.skipped());
        best = found.checkpoint();
      }
    }
    if (best.isPresent()) {
      best.get().loadModel(model.parameters());
    }
    return new Outcome(end, best, ModelHash.of(model.parameters()), skipped);
  }

  /** The step of the final model. */
  public long step() {
    return best.map(Checkpoint::step).orElse(end.steps());
  }

  /** The validation metrics of the final model; empty if it was not validated. */
  public Map<String, Double> validation() {
    return best.map(checkpoint -> Json.numbers(checkpoint.state().path("validation")))
        .or(() -> end.validation().map(Evaluation::values))
        .orElse(Map.of());
  }

  /** The result in words: validations, steps, the model, and why training was stopped. */
  public List<String> lines() {
    List<String> lines = new ArrayList<>();
    String own = Formats.line(validation());
    if (!own.isEmpty()) {
      lines.add("validation: " + own);
    }
    end.validation()
        .map(last -> Formats.line(last.values()))
        .filter(last -> !last.equals(own))
        .ifPresent(last -> lines.add("last validation: " + last));
    lines.add(
        Formats.of(
            "%s in %s, %.0f examples/s; %s, hash %s",
            Formats.count(end.steps(), "step"),
            Formats.duration(end.seconds()),
            end.examples() / end.seconds(),
            best.map(it -> "best model: step " + it.step()).orElse("last model"),
            modelHash.substring(0, 12)));
    if (end.stopReason() != null) {
      lines.add("stopped: " + end.stopReason());
    }
    return lines;
  }

  /**
   * The content of {@code summary.json}. Seconds and speeds cover the whole run across resumes,
   * without the time between its processes. Numbers that are not finite are null.
   */
  public ObjectNode summary() {
    ObjectNode json = Json.MAPPER.createObjectNode();
    json.put("steps", end.steps());
    json.put("epochs", end.epochs());
    json.put("trainLoss", Json.finite(end.trainLoss()));
    best.ifPresent(checkpoint -> json.put("bestStep", checkpoint.step()));
    Map<String, Double> metrics = validation();
    if (!metrics.isEmpty()) {
      Json.putAll(metrics, json.putObject("validation"));
    }
    json.put("seconds", end.seconds());
    json.put("itemsPerSecond", Json.finite(end.examples() / end.seconds()));
    json.put("tokensPerSecond", Json.finite(end.tokens() / end.seconds()));
    PeakMemory.bytes().ifPresent(bytes -> json.put("peakMemoryBytes", bytes));
    json.put("modelHash", modelHash);
    if (!skipped.isEmpty()) {
      skipped.forEach(json.putArray("warnings")::add);
    }
    if (end.stopReason() != null) {
      json.put("stopReason", end.stopReason());
    }
    return json;
  }
}
