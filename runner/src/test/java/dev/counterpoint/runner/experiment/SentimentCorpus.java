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
  private static final String NESTED = "nested";
  private static final int MAX_TRAINED_DEPTH = 2;
  private static final int MAX_REVERSALS = 1;

  /** Number of reviews of depth 0, 1 and 2 in 20, on average. */
  private static final int[] DEPTHS = {9, 6, 5};

  private final Set<String> seen = new HashSet<>();

  /** Returns the splits "train", "validation", "test" and "nested". */
  Map<String, List<LabelledText>> splits() {
    Map<String, List<LabelledText>> splits = new LinkedHashMap<>();
    splits.put("train", reviews(9_600, "train", SEED));
    splits.put("validation", reviews(1_200, "validation", SEED + 1));
    splits.put("test", reviews(1_200, "test", SEED + 2));
    splits.put(NESTED, reviews(1_200, NESTED, SEED + 3));
    return splits;
  }

  private List<LabelledText> reviews(int count, String split, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    ReviewGrammar grammar = new ReviewGrammar(split, random);
    List<LabelledText> reviews = new ArrayList<>();
    while (reviews.size() < count) {
      boolean good = reviews.size() % 2 == 1;
      String text =
          grammar.review(good, split.equals(NESTED) ? MAX_TRAINED_DEPTH + 1 : depth(random));
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
}
