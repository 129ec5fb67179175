package dev.counterpoint.tasks.targets;

import dev.counterpoint.core.data.HostTensor;
import dev.counterpoint.core.settings.Checks;
import dev.counterpoint.core.settings.Excerpt;
import dev.counterpoint.core.settings.Formats;
import dev.counterpoint.core.settings.InvalidSettings;
import java.util.List;
import java.util.Map;
import java.util.function.IntToDoubleFunction;
import java.util.function.IntUnaryOperator;
import java.util.function.LongFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Labels, and one number for each, such as its weight. */
public final class LabelNumbers {
  private static final int MAX_LENGTH = 1_000;

  private LabelNumbers() {}

  /**
   * Requires that a label is short enough to be a name in files and messages.
   *
   * @param origin describes the file and a line
   * @throws InvalidSettings if it has more than 1,000 characters
   */
  public static String requireShort(String label, LongFunction<String> origin, long line) {
    if (isLong(label)) {
      throw new InvalidSettings(
          "%s has a label of %,d characters, \"%s\"; at most %,d are allowed.",
          origin.apply(line), label.length(), Excerpt.ofItem(label), MAX_LENGTH);
    }
    return label;
  }

  /** Whether a label has more than 1,000 characters. */
  public static boolean isLong(String label) {
    return label.length() > MAX_LENGTH;
  }

  /** Describes the number of examples of each label, in parentheses. */
  public static String describe(List<String> labels, List<Long> counts) {
    return IntStream.range(0, labels.size())
        .mapToObj(i -> Formats.of("%s: %,d", Excerpt.ofItem(labels.get(i)), counts.get(i)))
        .collect(Collectors.joining(", ", " (", ")"));
  }

  /**
   * The numbers in the order of the labels.
   *
   * @param key the key of the settings, for messages
   * @param byLabel numbers of some labels
   * @param others the number of the other labels
   * @throws InvalidSettings if a label does not exist
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

  /** Adds problems of weights of classes to the checks of the settings. */
  public static void check(
      Checks checks, boolean balanceClasses, @Nullable Map<String, Double> classWeights) {
    if (classWeights != null) {
      checks.that(
          !balanceClasses,
          "classWeights",
          String.valueOf(classWeights),
          "cannot be combined with balanceClasses");
      classWeights.forEach((label, value) -> checks.positive("classWeights." + label, value));
    }
  }

  /**
   * The weights of classes: as configured, or balanced: all rows divided by the number of classes
   * and by the rows of the class, as {@code class_weight="balanced"} in scikit-learn. Empty if all
   * are 1.
   *
   * @param counts the number of rows of each class
   */
  public static List<Double> weights(
      boolean balanceClasses,
      @Nullable Map<String, Double> classWeights,
      List<String> labels,
      List<Long> counts) {
    if (classWeights != null) {
      return of("data.classWeights", classWeights, labels, 1);
    }
    double rows = counts.stream().mapToLong(it -> it).sum();
    return counts.stream()
        .limit(balanceClasses ? counts.size() : 0)
        .map(count -> rows / (counts.size() * count))
        .toList();
  }

  /**
   * The weights of examples in the loss, (examples), float32: their own, times that of their class.
   *
   * @param own the weight of an example, by its index
   * @param label the class of an example
   * @param weights the weights of the classes; empty if all are 1
   */
  public static HostTensor exampleWeights(
      int examples, IntToDoubleFunction own, IntUnaryOperator label, List<Double> weights) {
    float[] all = new float[examples];
    for (int i = 0; i < examples; i++) {
      double ofClass = weights.isEmpty() ? 1 : weights.get(label.applyAsInt(i));
      all[i] = (float) (own.applyAsDouble(i) * ofClass);
    }
    return HostTensor.of(all, examples);
  }
}
