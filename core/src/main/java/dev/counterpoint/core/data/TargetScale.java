package dev.counterpoint.core.data;

import dev.counterpoint.core.settings.Checks;
import java.util.List;

/**
 * Mean and standard deviation in the training split of each number that a model predicts. Labels
 * and outputs of the model are standardized: less the mean, divided by the deviation.
 *
 * @param means the mean of each target
 * @param deviations the standard deviation of each target; greater than 0
 */
public record TargetScale(List<Double> means, List<Double> deviations) {
  public TargetScale {
    means = List.copyOf(means);
    deviations = List.copyOf(deviations);
    Checks checks =
        new Checks()
            .that(
                means.size() == deviations.size(),
                "deviations",
                deviations.size() + " numbers",
                "must be as many as means: " + means.size());
    deviations.forEach(deviation -> checks.positive("deviations", deviation));
    checks.verify();
  }

  /** Standardizes a value. */
  public double standardized(int target, double value) {
    return (value - means.get(target)) / deviations.get(target);
  }

  /** Converts a standardized number back to a value. */
  public double value(int target, double standardized) {
    return standardized * deviations.get(target) + means.get(target);
  }
}
