package dev.counterpoint.core.callback;

import dev.counterpoint.core.checkpoint.Stateful;
import dev.counterpoint.core.metric.Mode;
import dev.counterpoint.core.settings.Checks;
import dev.counterpoint.core.settings.Formats;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Early stopping: ends the run if a validation metric has not improved for the configured number of
 * validations.
 */
public final class EarlyStop implements Stateful, Callback.MonitorsMetric {
  private final Config config;
  private final StopSignal stop;
  private final MonitoredMetric monitored;
  private int waited;

  public EarlyStop(Config config, StopSignal stop) {
    this.config = config;
    this.stop = stop;
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
    if (monitored.improves(report, config.minimumGain())) {
      waited = 0;
    } else {
      waited++;
      stopIfWaitedEnough();
    }
  }

  private void stopIfWaitedEnough() {
    if (waited >= config.patience()) {
      String best =
          Double.isNaN(monitored.best())
              ? "been a number"
              : "improved on " + Formats.of("%s", monitored.best());
      stop.request(
          Formats.of(
              "validation %s has not %s for %s",
              config.metric(), best, Formats.count(waited, "validation")));
    }
  }

  @Override
  public Map<String, Object> state() {
    Map<String, Object> state = new LinkedHashMap<>();
    monitored.putState(state);
    state.put("waited", waited);
    return state;
  }

  /**
   * Restores the best value and the number of validations since then. A run that was stopped is
   * stopped again, unless the patience is larger now. The state is ignored if it is of another
   * metric or mode.
   */
  @Override
  public void loadState(Map<String, ?> state) {
    if (monitored.loadState(state)) {
      waited = Integer.parseInt(String.valueOf(state.get("waited")));
      stopIfWaitedEnough();
    }
  }

  /**
   * Settings of the {@code early-stop} callback.
   *
   * @param metric the monitored metric, named as in the validation rows: loss, accuracy, f1, ...
   * @param patience the number of validations without an improvement after which the run stops
   * @param minimumGain an improvement must be larger than this
   * @param mode whether lower ({@code min}) or higher ({@code max}) values are better; null for the
   *     mode that the metric declares
   */
  public record Config(String metric, int patience, double minimumGain, @Nullable Mode mode)
      implements CallbackConfig.MonitorsMetric {
    public Config {
      new Checks().positive("patience", patience).notNegative("minimumGain", minimumGain).verify();
    }

    /** Settings with the mode, min or max, that the metric declares. */
    public Config(String metric, int patience, double minimumGain) {
      this(metric, patience, minimumGain, null);
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
