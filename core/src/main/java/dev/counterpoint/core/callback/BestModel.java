package dev.counterpoint.core.callback;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.checkpoint.Checkpoint;
import dev.counterpoint.core.checkpoint.CheckpointStore;
import dev.counterpoint.core.checkpoint.Stateful;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.settings.Checks;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Saves the model with the best validation metric as the checkpoint {@code best}, and selects it as
 * the result of the run. Of equal values the first one counts.
 */
public final class BestModel implements Stateful, Callback.SelectsResult, Callback.MonitorsMetric {
  private static final String VALIDATION = "validation";
  private static final long NONE = -1;

  private final Config config;
  private final BaseModel model;
  private final CheckpointStore checkpoints;
  private final Direction direction;
  private double best = Double.NaN;
  private long bestStep = NONE;

  public BestModel(Config config, BaseModel model, CheckpointStore checkpoints) {
    this.config = config;
    this.model = model;
    this.checkpoints = checkpoints;
    direction = Direction.of(config.metric());
  }

  @Override
  public String metric() {
    return config.metric();
  }

  @Override
  public void onValidation(ValidationReport report) {
    double value = report.evaluation().value(config.metric());
    if (direction.better(value, best, 0)) {
      save(report);
      best = value;
      bestStep = report.step();
    }
  }

  private void save(ValidationReport report) {
    ObjectNode state = new JsonMapper().createObjectNode();
    state.put("epoch", report.epoch()).put("metric", config.metric());
    ObjectNode values = state.putObject(VALIDATION);
    report.evaluation().values().forEach(values::put);
    try {
      checkpoints.saveBest(report.step(), model.parameters(), Map.of(), state);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Returns the checkpoint of the best model; its state has the metrics under {@code validation}.
   * After a crash the checkpoint may be of a step that the run, resumed from an earlier checkpoint,
   * has not reached again; then it is not returned.
   */
  @Override
  public CheckpointStore.Found selected() throws IOException {
    CheckpointStore.Found found = checkpoints.best();
    Optional<Checkpoint> current = found.checkpoint().filter(it -> it.step() == bestStep);
    return new CheckpointStore.Found(
        current, bestStep == NONE ? List.of() : found.skipped(), found.lost());
  }

  @Override
  public OptionalLong selectedStep() {
    return bestStep == NONE ? OptionalLong.empty() : OptionalLong.of(bestStep);
  }

  @Override
  public Map<String, Object> state() {
    return Map.of("metric", config.metric(), "best", Double.toString(best), "bestStep", bestStep);
  }

  /** Restores the best value; the state is ignored if it is of another metric. */
  @Override
  public void loadState(Map<String, ?> state) {
    if (config.metric().equals(state.get("metric"))) {
      best = Double.parseDouble(String.valueOf(state.get("best")));
      bestStep = Long.parseLong(String.valueOf(state.get("bestStep")));
    }
  }

  /**
   * Settings of the {@code best-model} callback.
   *
   * @param metric the monitored metric, named as in the validation rows; for loss and perplexity
   *     lower is better, for all others higher
   */
  public record Config(String metric) implements CallbackConfig {
    public Config {
      new Checks()
          .that(!metric.isBlank(), "metric", '"' + metric + '"', "must be the name of a metric")
          .verify();
    }

    /** Monitors the validation loss. */
    public static Config defaults() {
      return new Config("loss");
    }

    @Override
    public Callback build(CallbackContext context) {
      return new BestModel(this, context.model(), context.checkpoints());
    }
  }
}
