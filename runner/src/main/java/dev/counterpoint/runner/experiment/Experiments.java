package dev.counterpoint.runner.experiment;

import dev.counterpoint.core.internal.storage.Resource;
import java.util.List;
import java.util.Set;

/** Built-in experiments, each with a run file. */
public final class Experiments {
  private static final List<String> NAMES =
      List.of(
          "sentiment",
          "sentiment-bert",
          "text-generation",
          "question-answering",
          "entities",
          "languages",
          "goemotions",
          "penguins",
          "adult",
          "digits",
          "mnist");

  private static final Set<String> FINE_TUNED =
      Set.of("sentiment-bert", "text-generation", "question-answering", "entities");

  private Experiments() {}

  /** Returns the names in display order. */
  public static List<String> names() {
    return NAMES;
  }

  /** Returns whether there is a built-in experiment of that name. */
  public static boolean has(String name) {
    return NAMES.contains(name);
  }

  /** Returns the description of an experiment: the first comment of its run file. */
  public static String description(String name) {
    return runFile(name, List.of()).lines().findFirst().orElseThrow().substring(2);
  }

  /**
   * Returns the run file of an experiment as YAML text.
   *
   * @param name the name of a built-in experiment
   * @param sets the {@code KEY=VALUE} overrides; with {@code model.from} some experiments use
   *     another run file, with settings for fine-tuning
   */
  public static String runFile(String name, List<String> sets) {
    boolean pretrained =
        FINE_TUNED.contains(name) && sets.stream().anyMatch(set -> set.startsWith("model.from="));
    return Resource.read(
        Experiments.class,
        "/experiments/" + name + (pretrained ? "/pretrained.yaml" : "/run.yaml"));
  }
}
