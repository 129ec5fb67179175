package dev.counterpoint.tasks.targets;

import dev.counterpoint.core.settings.Checks;
import dev.counterpoint.core.settings.Excerpt;
import java.util.List;
import java.util.Map;

/** One number for each label, such as its weight. */
public final class LabelNumbers {
  private LabelNumbers() {}

  /**
   * The numbers in the order of the labels.
   *
   * @param key the key of the settings, for messages
   * @param byLabel numbers of some labels
   * @param others the number of the other labels
   * @throws dev.counterpoint.core.settings.InvalidSettings if a label does not exist
   */
  public static List<Double> of(
      String key, Map<String, Double> byLabel, List<String> labels, double others) {
    Checks checks = new Checks();
    byLabel
        .keySet()
        .forEach(
            label ->
                checks.that(
                    labels.contains(label),
                    key,
                    "\"" + Excerpt.ofItem(label) + "\"",
                    "is not a class; the classes are: " + Excerpt.ofList(labels)));
    checks.verify();
    return labels.stream().map(label -> byLabel.getOrDefault(label, others)).toList();
  }

  /**
   * The weights of classes: the number of rows divided by the number of classes and by that of the
   * rows of the class, as {@code class_weight="balanced"} in scikit-learn.
   *
   * @param counts the number of rows of each class
   */
  public static List<Double> balanced(List<Long> counts) {
    double rows = counts.stream().mapToLong(it -> it).sum();
    return counts.stream().map(count -> rows / (counts.size() * count)).toList();
  }
}
