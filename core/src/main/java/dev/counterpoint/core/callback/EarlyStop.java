package dev.counterpoint.core.callback;

import dev.counterpoint.core.checkpoint.Stateful;
import dev.counterpoint.core.settings.Checks;
import java.util.Map;

/**
 * Early stopping: ends the run if a validation metric has not improved for the configured number of
 * validations.
 */
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
  public String metric() {
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
   * Restores the best value and the number of validations since then. A run that was stopped is
   * stopped again, unless the patience is larger now. The state is ignored if it is of another
   * metric.
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
   * Settings of the {@code early-stop} callback.
   *
   * @param metric the monitored metric, named as in the validation rows: loss, accuracy, f1, ...
   * @param patience the number of validations without an improvement after which the run stops
   * @param minimumGain an improvement must be larger than this
   */
  public record Config(String metric, int patience, double minimumGain) implements CallbackConfig {
    public Config {
      new Checks().positive("patience", patience).notNegative("minimumGain", minimumGain).verify();
    }

    /** Stops after three validations without an improvement of the loss. */
    public static Config defaults() {
      return new Config("loss", 3, 0);
    }

    @Override
    public Callback build(CallbackContext context) {
      return new EarlyStop(this, context.stop());
    }
  }
}
