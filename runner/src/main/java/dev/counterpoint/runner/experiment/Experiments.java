package dev.counterpoint.runner.experiment;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/** The experiments that ship with the program: a run file each. */
public final class Experiments {
  private static final Map<String, String> DESCRIPTIONS = new LinkedHashMap<>();

  static {
    DESCRIPTIONS.put(
        "sentiment",
        "is a review good or bad? 12,000 sentences from a grammar, a small transformer");
    DESCRIPTIONS.put(
        "sentiment-bert",
        "the same reviews by a small BERT; --set model.from=DIR fine-tunes a published one");
    DESCRIPTIONS.put(
        "text-generation",
        "names letter by letter by a small GPT-2; --set data.train.path=FILE.txt for any text");
    DESCRIPTIONS.put(
        "question-answering",
        "where is the answer? paragraphs about countries, a small BERT; or SQuAD's files");
    DESCRIPTIONS.put(
        "languages",
        "which language is a name in? 140 languages of Unicode's CLDR, by character; 8,311 spellings"
            + " that several languages share are left out");
  }

  private static final Set<String> FINE_TUNED =
      Set.of("sentiment-bert", "text-generation", "question-answering");

  private Experiments() {}

  /** What each is about, by name. */
  public static Map<String, String> descriptions() {
    return Map.copyOf(DESCRIPTIONS);
  }

  /** The names in the order to show them. */
  public static Iterable<String> names() {
    return DESCRIPTIONS.keySet();
  }

  public static boolean has(String name) {
    return DESCRIPTIONS.containsKey(name);
  }

  /**
   * The run file of an experiment, as text.
   *
   * @param sets what is laid over it: some experiments have other settings for a model that begins
   *     {@code from} a folder
   */
  public static String runFile(String name, List<String> sets) {
    boolean pretrained =
        FINE_TUNED.contains(name) && sets.stream().anyMatch(set -> set.startsWith("model.from="));
    return resource(name + (pretrained ? "/pretrained.yaml" : "/run.yaml"));
  }

  private static String resource(String file) {
    try (InputStream text = Experiments.class.getResourceAsStream("/experiments/" + file)) {
      return new String(Objects.requireNonNull(text).readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
