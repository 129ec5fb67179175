package dev.counterpoint.runner.scaffold;

import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.core.settings.Nearest;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** A part of an experiment that can be copied into a source file of a new experiment. */
public enum Part {
  MODEL("model"),
  ATTENTION("model.attention"),
  FEED_FORWARD("model.feedForward"),
  NORM("model.norm"),
  POSITIONS("model.positions"),
  POOLING("model.pooling"),
  INITIALIZER("model.initializer"),
  EMBEDDING("model.embedding"),
  HEAD("model.head"),
  LOSS("loss"),
  OPTIMIZER("training.optimizer"),
  SCHEDULE("training.schedule");

  private final String key;

  Part(String key) {
    this.key = key;
  }

  /**
   * The part with a name, such as {@code feed-forward}.
   *
   * @throws InvalidSettings if there is none
   */
  public static Part named(String name) {
    List<String> known = Arrays.stream(values()).map(Part::toString).toList();
    if (!known.contains(name)) {
      throw new InvalidSettings(
          "--eject %s is unknown%s Known: %s",
          name, Nearest.suggestion(name, known), String.join(", ", known));
    }
    return values()[known.indexOf(name)];
  }

  /** The key of the run file that selects the part. */
  String key() {
    return key;
  }

  /** The part as a class name: {@code FeedForward}. */
  String className() {
    return camelCase(toString());
  }

  /** Joins the words of a name, each with a capital letter. */
  static String camelCase(String name) {
    return Arrays.stream(name.split("[^A-Za-z0-9]+"))
        .map(word -> word.substring(0, 1).toUpperCase(Locale.ROOT) + word.substring(1))
        .collect(Collectors.joining());
  }

  /** The name in commands: {@code feed-forward}. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
