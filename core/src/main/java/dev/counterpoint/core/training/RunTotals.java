package dev.counterpoint.core.training;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.callback.StepReport;
import dev.counterpoint.core.callback.StopSignal;
import dev.counterpoint.core.callback.TrainingEnd;
import dev.counterpoint.core.internal.storage.Json;
import dev.counterpoint.core.metric.Evaluation;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Totals of a run so far, over all its restarts, for its summary. */
final class RunTotals {
  private long examples;
  private long tokens;
  private double seconds;
  private Optional<Evaluation> validation = Optional.empty();

  void add(StepReport report) {
    examples += report.examples();
    tokens += report.tokens();
    seconds += report.seconds();
  }

  void validated(Evaluation evaluation) {
    validation = Optional.of(evaluation);
  }

  /** Requests the end of the run if its maximum time is reached. */
  void stopIfOver(TrainingConfig config, StopSignal stop) {
    Duration max = config.maxTime();
    if (max != null && seconds >= max.toMillis() / 1e3) {
      stop.request("training.maxTime is over");
    }
  }

  TrainingEnd end(Progress progress, @Nullable String stopReason) {
    return new TrainingEnd(
        progress.step(),
        progress.epoch() - 1,
        progress.epochLoss(),
        progress.isValidated() ? validation : Optional.empty(),
        examples,
        tokens,
        seconds,
        stopReason);
  }

  void saveTo(ObjectNode json) {
    json.put("items", examples).put("tokens", tokens).put("seconds", seconds);
    validation.ifPresent(
        evaluation -> {
          ObjectNode saved = json.putObject("validation").put("items", evaluation.examples());
          Json.putAll(evaluation.values(), saved.putObject("values"));
          evaluation.remarks().forEach(saved.putArray("remarks")::add);
        });
  }

  void restoreFrom(JsonNode json) {
    examples = json.path("items").asLong();
    tokens = json.path("tokens").asLong();
    seconds = json.path("seconds").asDouble();
    if (json.path("validation") instanceof ObjectNode saved) {
      List<String> remarks = saved.path("remarks").valueStream().map(JsonNode::asText).toList();
      validation =
          Optional.of(
              new Evaluation(
                  Json.numbers(saved.path("values")), saved.path("items").asLong(), remarks));
    }
  }
}
