package dev.counterpoint.core.metric;

import dev.counterpoint.core.data.DataSpec;
import dev.counterpoint.core.settings.InvalidSettings;
import java.util.List;
import java.util.function.Supplier;

/**
 * Settings of a metric: an entry of {@code metrics:} in a run file. An implementation is a record.
 */
@FunctionalInterface
public interface MetricConfig {
  /**
   * Creates the metric for one pass over a split.
   *
   * @param data the properties of the data, such as its class names
   * @throws InvalidSettings if the metric does not apply to the data
   */
  Metric create(DataSpec data);

  /** Suppliers of metrics for the data. */
  static List<Supplier<Metric>> suppliers(List<MetricConfig> configs, DataSpec data) {
    return configs.stream().<Supplier<Metric>>map(config -> () -> config.create(data)).toList();
  }

  /**
   * The names of the values that do not depend on the data; a value of one class is {@code
   * NAME.LABEL}. If they are declared, monitored names are checked before the data is opened;
   * empty, the default, if they are not.
   */
  default List<String> names() {
    return List.of();
  }
}
