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
  public String measure() {
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
   * The best model; its state has the metrics under {@code validation}. After a crash the
   * checkpoint may be of a step that the run, resumed from an earlier checkpoint, has not reached
   * again; then it is not returned.
   */
  @Override
  public CheckpointStore.Found chosen() throws IOException {
    CheckpointStore.Found found = checkpoints.best();
    Optional<Checkpoint> own = found.checkpoint().filter(it -> it.step() == bestStep);
    return new CheckpointStore.Found(
        own, bestStep == NONE ? List.of() : found.passedOver(), found.lost());
  }

  @Override
  public Map<String, Object> state() {
    return Map.of("metric", config.metric(), "best", Double.toString(best), "bestStep", bestStep);
  }

  /** The state of another metric is ignored. */
  @Override
  public void loadState(Map<String, ?> state) {
    if (config.metric().equals(state.get("metric"))) {
      best = Double.parseDouble(String.valueOf(state.get("best")));
      bestStep = Long.parseLong(String.valueOf(state.get("bestStep")));
    }
  }

  /**
   * What is best.
   *
   * @param metric as in the validation rows: loss and perplexity are better lower, all others
   *     higher
   */
  public record Config(String metric) implements CallbackConfig {
    public Config {
      new Checks()
          .that(!metric.isBlank(), "metric", '"' + metric + '"', "names no measure")
          .verify();
    }

    /** The lowest loss. */
    public static Config defaults() {
      return new Config("loss");
    }

    @Override
    public Callback build(CallbackContext context) {
      return new BestModel(this, context.model(), context.checkpoints());
    }
  }
}
