package dev.counterpoint.core.callback;

import dev.counterpoint.core.checkpoint.Stateful;
import dev.counterpoint.core.settings.Checks;
import java.util.Map;

/** Early stopping: ends the run if a validation metric has not improved for some validations. */
public final class EarlyStop implements Stateful, Callback.MonitorsMetric {
  private final Config config;
  private final StopSignal stop;
  private final Direction direction;
  private double best = Double.NaN;
  private int waited;

  public EarlyStop(Config config, StopSignal stop) {
    this.config = config;
    this.stop = stop;
    direction = Direction.of(config.metric());
  }

  @Override
  public String measure() {
    return config.metric();
  }

  @Override
  public void onValidation(ValidationReport report) {
    double value = report.evaluation().value(config.metric());
    if (direction.better(value, best, config.minimumGain())) {
      best = value;
      waited = 0;
    } else {
      waited++;
      stopIfWaitedEnough();
    }
  }

  private void stopIfWaitedEnough() {
    if (waited >= config.patience()) {
      stop.request(
          "validation "
              + config.metric()
              + " has not improved on "
              + best
              + " for "
              + waited
              + (waited == 1 ? " validation" : " validations"));
    }
  }

  @Override
  public Map<String, Object> state() {
    return Map.of("metric", config.metric(), "best", Double.toString(best), "waited", waited);
  }

  /**
   * A run that was stopped is stopped again, unless the patience is larger now. The state of
   * another metric is ignored.
   */
  @Override
  public void loadState(Map<String, ?> state) {
    Object metric = state.get("metric"); // absent in checkpoints of the first versions
    if (metric != null && !metric.equals(config.metric())) {
      return;
    }
    best = Double.parseDouble(String.valueOf(state.get("best")));
    waited = Integer.parseInt(String.valueOf(state.get("waited")));
    stopIfWaitedEnough();
  }

  /**
   * When to stop.
   *
   * @param metric as in the validation rows: loss, accuracy, f1, ...
   * @param patience validations without a gain
   * @param minimumGain what counts as a gain must be more than this
   */
  public record Config(String metric, int patience, double minimumGain) implements CallbackConfig {
    public Config {
      new Checks().positive("patience", patience).notNegative("minimumGain", minimumGain).verify();
    }

    /** Three validations without a gain in loss. */
    public static Config defaults() {
      return new Config("loss", 3, 0);
    }

    @Override
    public Callback build(CallbackContext context) {
      return new EarlyStop(this, context.stop());
    }
  }
}
