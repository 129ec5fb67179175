package dev.counterpoint.core.callback;

import dev.counterpoint.core.metric.Mode;
import dev.counterpoint.core.settings.InvalidSettings;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The best value of a validation metric so far. */
final class MonitoredMetric {
  private final String metric;
  private final @Nullable Mode configured;
  private @Nullable Mode mode;
  private double best = Double.NaN;

  /**
   * Creates a monitor without a best value.
   *
   * @param configured the mode from the run file; null for the mode that the metric declares
   */
  MonitoredMetric(String metric, @Nullable Mode configured) {
    this.metric = metric;
    this.configured = configured;
    mode = configured;
  }

  /**
   * Sets the mode of a metric unless the run file configures one.
   *
   * @throws InvalidSettings if neither does
   */
  void setMode(Optional<Mode> declared) {
    mode = configured == null ? declared.orElse(null) : configured;
    if (mode == null) {
      throw new InvalidSettings(
          ("The metric \"%s\" does not declare whether lower or higher values are better. Set"
                  + " mode: min or mode: max in the callback that monitors it, or override"
                  + " Metric.mode.")
              .formatted(metric));
    }
  }

  double best() {
    return best;
  }

  /** Replaces the best value if the new one is better by more than a margin. */
  boolean improves(ValidationReport report, double margin) {
    double value = report.evaluation().value(metric);
    boolean better =
        Objects.requireNonNull(mode, "onMode has not been called").better(value, best, margin);
    if (better) {
      best = value;
    }
    return better;
  }

  /** Forgets the best value, so that the next value becomes the best. */
  void forget() {
    best = Double.NaN;
  }

  void putState(Map<String, Object> state) {
    state.put("metric", metric);
    state.put("mode", String.valueOf(mode));
    state.put("best", Double.toString(best));
  }

  /**
   * Restores the best value, unless the state is of a different metric or mode. States of earlier
   * versions have no mode, and the first ones no metric.
   *
   * @return whether the state was restored
   */
  boolean loadState(Map<String, ?> state) {
    Mode earlier = metric.equals("loss") || metric.equals("perplexity") ? Mode.MIN : Mode.MAX;
    boolean matches =
        (state.get("metric") == null || metric.equals(state.get("metric")))
            && String.valueOf(mode)
                .equals(state.get("mode") == null ? earlier.name() : state.get("mode"));
    if (matches) {
      best = Double.parseDouble(String.valueOf(state.get("best")));
    }
    return matches;
  }
}
