package dev.counterpoint.core.metric;

import java.util.List;

/** Settings of a built-in metric with one value, or one value and those of single classes. */
interface NamedMetric extends MetricConfig {
  /** The name of the value: by default the name of the record, such as {@code cohenKappa}. */
  default String name() {
    String type = getClass().getSimpleName();
    return Character.toLowerCase(type.charAt(0)) + type.substring(1);
  }

  /** Whether lower or higher values are better. */
  default Mode mode() {
    return Mode.MAX;
  }

  @Override
  default List<String> names() {
    return List.of(name());
  }
}
