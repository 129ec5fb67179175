package dev.counterpoint.runner.experiment;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;

/**
 * Data set of the experiment {@code sentiment}: positive and negative reviews from a grammar. It
 * has 9,600 training, 1,200 validation and 1,200 test examples, and 1,200 with clauses nested one
 * level deeper than in the other splits. The data is the same on every machine.
 *
 * <p>Single words do not determine the sentiment: statements are negated, doubted, contrasted,
 * quoted from others, about another product, or ironic, and equally often with positive and with
 * negative words. Products, persons, names and places differ between splits.
 */
final class SentimentCorpus {
  private static final long SEED = 20240;
  private static final int MAX_TRAINED_DEPTH = 2;
  private static final int MAX_REVERSALS = 1;

  /** Number of reviews of depth 0, 1 and 2 in 20, on average. */
  private static final int[] DEPTHS = {9, 6, 5};

  private final Set<String> seen = new HashSet<>();

  /** Returns the splits "train", "validation", "test" and "nested". */
  Map<String, List<LabelledText>> splits() {
    Map<String, List<LabelledText>> splits = new LinkedHashMap<>();
    splits.put("train", reviews(9_600, fillersOfTraining(), SEED, false));
    splits.put("validation", reviews(1_200, fillersOfValidation(), SEED + 1, false));
    splits.put("test", reviews(1_200, fillersOfTest(), SEED + 2, false));
    splits.put("nested", reviews(1_200, fillersOfNested(), SEED + 3, true));
    return splits;
  }

  private List<LabelledText> reviews(
      int count, Map<String, List<String>> fillers, long seed, boolean nested) {
    SplittableRandom random = new SplittableRandom(seed);
    ReviewGrammar grammar = new ReviewGrammar(fillers, random);
    List<LabelledText> reviews = new ArrayList<>();
    while (reviews.size() < count) {
      boolean good = reviews.size() % 2 == 1;
      String text = grammar.review(good, nested ? MAX_TRAINED_DEPTH + 1 : depth(random));
      if (grammar.reversals() <= MAX_REVERSALS && seen.add(text)) {
        reviews.add(new LabelledText(text, good ? "positive" : "negative"));
      }
    }
    return reviews;
  }

  private static int depth(SplittableRandom random) {
    int draw = random.nextInt(DEPTHS[0] + DEPTHS[1] + DEPTHS[2]);
    return draw < DEPTHS[0] ? 0 : draw < DEPTHS[0] + DEPTHS[1] ? 1 : MAX_TRAINED_DEPTH;
  }

  private static Map<String, List<String>> fillersOfTraining() {
    return fillers(
        "kettle lamp router phone camera printer toaster blender keyboard monitor headset tablet"
            + " scanner speaker heater radio drill mixer oven fridge clock charger watch projector"
            + " vacuum laptop modem fan iron scale",
        "brother sister neighbour colleague uncle aunt boss cousin landlord teacher",
        "Anna Peter Maria Daniel Laura Simon Julia Martin Clara Oscar",
        "London Paris Berlin Madrid Vienna Dublin Lisbon Prague Oslo Rome");
  }

  private static Map<String, List<String>> fillersOfValidation() {
    return fillers(
        "stove trimmer dryer juicer",
        "father nephew dentist",
        "Helen Victor Nora",
        "Athens Geneva Warsaw");
  }

  private static Map<String, List<String>> fillersOfTest() {
    return fillers(
        "freezer console doorbell thermostat",
        "mother niece plumber",
        "Emma Felix Alice",
        "Zurich Helsinki Naples");
  }

  private static Map<String, List<String>> fillersOfNested() {
    return fillers(
        "grill turntable microphone humidifier",
        "grandfather tenant barber",
        "Hugo Irene Ruth",
        "Milan Bergen Seville");
  }

  private static Map<String, List<String>> fillers(
      String products, String persons, String names, String places) {
    return Map.of(
        "product", List.of(products.split(" ")),
        "person", List.of(persons.split(" ")),
        "name", List.of(names.split(" ")),
        "place", List.of(places.split(" ")));
  }
}
