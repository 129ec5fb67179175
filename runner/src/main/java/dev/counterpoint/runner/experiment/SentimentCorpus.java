package dev.counterpoint.runner.experiment;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;

/**
 * Reviews by a grammar, each good or bad: 9,600 to train, 1,200 to validate, 1,200 to test, and
 * 1,200 in which clauses lie one deeper in each other than in any of those. The same on every
 * machine.
 *
 * <p>Words alone do not tell the opinion: what is said is negated, doubted, put in contrast, quoted
 * from others, said of another product, or ironical, and as often with good words as with bad ones.
 * Products, persons, names and places differ from split to split.
 */
final class SentimentCorpus {
  private static final long SEED = 20240;
  private static final int DEEPEST_TRAINED = 2;
  private static final int MOST_REVERSALS = 1;

  /** Of twenty reviews, how many are of depth 0, 1 and 2. */
  private static final int[] DEPTHS = {9, 6, 5};

  private final Set<String> seen = new HashSet<>();

  /** The splits by name: train, validation, test, nested. */
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
      String text = grammar.review(good, nested ? DEEPEST_TRAINED + 1 : depth(random));
      if (grammar.reversals() <= MOST_REVERSALS && seen.add(text)) {
        reviews.add(new LabelledText(text, good ? "positive" : "negative"));
      }
    }
    return reviews;
  }

  private static int depth(SplittableRandom random) {
    int draw = random.nextInt(DEPTHS[0] + DEPTHS[1] + DEPTHS[2]);
    return draw < DEPTHS[0] ? 0 : draw < DEPTHS[0] + DEPTHS[1] ? 1 : DEEPEST_TRAINED;
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
