package dev.counterpoint.tasks.tabular;

import com.fasterxml.jackson.annotation.JsonIgnore;
import java.util.List;

/**
 * What is predicted: a class, or numbers.
 *
 * @param columns the names of the target columns; one for a class
 * @param labels the classes in the order of their ids; empty for numbers
 * @param means the mean of each number in the training split; empty for a class
 * @param deviations the standard deviation of each number, greater than 0
 */
record Target(
    List<String> columns, List<String> labels, List<Double> means, List<Double> deviations) {
  Target {
    columns = List.copyOf(columns);
    labels = List.copyOf(labels);
    means = List.copyOf(means);
    deviations = List.copyOf(deviations);
  }

  @JsonIgnore
  boolean isClass() {
    return !labels.isEmpty();
  }
}
