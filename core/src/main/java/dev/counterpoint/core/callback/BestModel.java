package dev.counterpoint.core.callback;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.checkpoint.Checkpoint;
import dev.counterpoint.core.checkpoint.CheckpointStore;
import dev.counterpoint.core.checkpoint.Stateful;
import dev.counterpoint.core.internal.storage.Json;
import dev.counterpoint.core.metric.Mode;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.settings.Checks;
import dev.counterpoint.core.settings.InvalidSettings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

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
  private final MonitoredMetric monitored;
  private long bestStep = NONE;

  /** The step of the best model that a crash left, if this run has not reached it again. */
  private long lostStep = NONE;

  private boolean isValidated;

  public BestModel(Config config, BaseModel model, CheckpointStore checkpoints) {
    this.config = config;
    this.model = model;
    this.checkpoints = checkpoints;
    monitored = new MonitoredMetric(config.metric(), config.mode());
  }

  @Override
  public String metric() {
    return config.metric();
  }

  @Override
  public void onMode(Optional<Mode> declared) {
    monitored.setMode(declared);
  }

  @Override
  public void onValidation(ValidationReport report) {
    isValidated = true;
    if (monitored.improves(report, 0)) {
      save(report);
      bestStep = report.step();
    }
  }

  private void save(ValidationReport report) {
    ObjectNode state = Json.MAPPER.createObjectNode();
    state.put("epoch", report.epoch()).put("metric", config.metric());
    Json.putAll(report.evaluation().values(), state.putObject(VALIDATION));
    try {
      checkpoints.saveBest(report.step(), model.parameters(), Map.of(), state);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Returns the checkpoint of the best model; its state contains the metrics under {@code
   * validation}. After a crash the checkpoint may be of a step that the run, resumed from an
   * earlier checkpoint, has not reached again; then the result is the best model since, with a
   * notice. No model is returned if the metric was always NaN.
   */
  @Override
  public CheckpointStore.Found selected() throws IOException {
    CheckpointStore.Found found = checkpoints.best();
    Optional<Checkpoint> current = found.checkpoint().filter(it -> it.step() == bestStep);
    List<String> notices = new ArrayList<>();
    if (bestStep != NONE) {
      notices.addAll(found.skipped());
    } else if (isValidated) {
      notices.add(
          "The validation metric %s was always NaN, so best-model has selected no model."
              .formatted(config.metric()));
    }
    if (bestStep < lostStep) {
      notices.add(
          "The best model was replaced by that of step %s before a crash. This run has not selected that step again, and best-model has compared only the validations since the crash."
              .formatted(lostStep));
    }
    return new CheckpointStore.Found(current, notices, found.lost());
  }

  @Override
  public OptionalLong selectedStep() {
    return bestStep == NONE ? OptionalLong.empty() : OptionalLong.of(bestStep);
  }

  @Override
  public Map<String, Object> state() {
    Map<String, Object> state = new LinkedHashMap<>();
    monitored.putState(state);
    state.put("bestStep", bestStep);
    return state;
  }

  /**
   * Restores the best value; a state of a different metric or mode is ignored.
   *
   * @throws InvalidSettings if the best model is damaged
   */
  @Override
  public void loadState(Map<String, ?> state) {
    if (monitored.loadState(state)) {
      bestStep = Long.parseLong(String.valueOf(state.get("bestStep")));
      requireIntact();
    }
  }

  /**
   * Rejects a damaged best model before training, as the result would be a worse model. A missing
   * one, or one of another step, which the run saved before a crash, is forgotten: the run selects
   * that step again when it repeats it.
   */
  private void requireIntact() {
    try {
      CheckpointStore.Found found = checkpoints.best();
      if (found.lost()) {
        throw new InvalidSettings(
            "%s. To train without this model, delete the folder checkpoints/best; the result is then the best model of the remaining steps.",
            String.join("; ", found.skipped()));
      }
      if (bestStep != NONE && found.checkpoint().filter(it -> it.step() == bestStep).isEmpty()) {
        lostStep = found.checkpoint().map(Checkpoint::step).orElse(NONE);
        monitored.forget();
        bestStep = NONE;
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Settings of the {@code best-model} callback.
   *
   * @param metric the monitored metric, named as in the validation rows
   * @param mode whether lower ({@code min}) or higher ({@code max}) values are better; null for the
   *     mode that the metric declares
   */
  public record Config(String metric, @Nullable Mode mode)
      implements CallbackConfig.MonitorsMetric {
    public Config {
      new Checks()
          .that(!metric.isBlank(), "metric", '"' + metric + '"', "must be the name of a metric")
          .verify();
    }

    /** Settings with the mode that the metric declares. */
    public Config(String metric) {
      this(metric, null);
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
