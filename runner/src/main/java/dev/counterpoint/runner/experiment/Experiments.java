package dev.counterpoint.runner.experiment;

import com.google.common.collect.ImmutableMap;
import dev.counterpoint.core.internal.storage.Resource;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Built-in experiments, each with a run file. */
public final class Experiments {
  private static final ImmutableMap<String, String> DESCRIPTIONS =
      ImmutableMap.<String, String>builder()
          .put(
              "sentiment",
              "sentiment of reviews: 12,000 sentences from a grammar, a small transformer")
          .put(
              "sentiment-bert",
              "the same reviews with a small BERT; --set model.from=DIR fine-tunes a pretrained BERT")
          .put(
              "text-generation",
              "names by character with a small GPT-2; --set data.train.path=FILE.txt trains on any"
                  + " text")
          .put(
              "question-answering",
              "answer extraction from paragraphs about countries with a small BERT; reads SQuAD files"
                  + " too")
          .put(
              "entities",
              "names, codes and currencies in paragraphs about countries with a small BERT; reads CoNLL"
                  + " files too")
          .put(
              "languages",
              "language identification of names in 140 languages of Unicode's CLDR, by character; 8,311"
                  + " spellings shared by several languages are excluded")
          .put(
              "goemotions",
              "28 emotions of comments, several per text, from the three files of GoEmotions, which are"
                  + " not included; a small transformer with tuned thresholds")
          .put(
              "penguins",
              "species of 344 penguins from a table of numbers and categories, a multilayer perceptron")
          .put(
              "adult",
              "income classes of the Adult data set from its two files, which are not included; a"
                  + " multilayer perceptron with embeddings of numbers")
          .put(
              "digits",
              "digits of 16 x 16 pixels, drawn by the program, a small convolutional network")
          .put(
              "mnist",
              "handwritten digits of MNIST from its four files, which are not included; a convolutional"
                  + " network")
          .buildOrThrow();

  private static final Set<String> FINE_TUNED =
      Set.of("sentiment-bert", "text-generation", "question-answering", "entities");

  private Experiments() {}

  /** Returns the descriptions of the experiments by name. */
  public static Map<String, String> descriptions() {
    return DESCRIPTIONS;
  }

  /** Returns the names in display order. */
  public static Set<String> names() {
    return DESCRIPTIONS.keySet();
  }

  /** Returns whether there is a built-in experiment of that name. */
  public static boolean has(String name) {
    return DESCRIPTIONS.containsKey(name);
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
