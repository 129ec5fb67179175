package dev.counterpoint.runner.experiment;

import dev.counterpoint.core.internal.storage.Resource;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Generates reviews of a given sentiment and nesting depth from the context-free grammar {@code
 * reviews.grammar}.
 */
final class ReviewGrammar {
  private static final Pattern SYMBOL = Pattern.compile("\\{([a-z ]+)([-+?]?)}");
  private static final String PRODUCT = "product";

  /** One in 6 reviews names the product by a random model number, a word that is likely unique. */
  private static final int MODEL_NUMBER_INTERVAL = 6;

  private final Map<String, List<String>> rules;
  private final SplittableRandom random;
  private String product = "";
  private boolean named;
  private int reversals;

  /**
   * Creates a generator.
   *
   * @param split the split, which has its own products, persons, names and places
   * @param random the source of randomness
   */
  ReviewGrammar(String split, SplittableRandom random) {
    rules = new HashMap<>(read());
    for (String symbol : List.of(PRODUCT, "person", "name", "place")) {
      rules.put(symbol, Objects.requireNonNull(rules.get(split + " " + symbol)));
    }
    this.random = random;
  }

  private static Map<String, List<String>> read() {
    return Resource.read(ReviewGrammar.class, "reviews.grammar")
        .lines()
        .filter(line -> !line.startsWith("#"))
        .collect(Collectors.joining("\n"))
        .replaceAll("\\n\\s*\\|", " |")
        .lines()
        .filter(line -> !line.isBlank())
        .map(rule -> rule.split(" = ", 2))
        .collect(Collectors.toMap(rule -> rule[0].strip(), rule -> alternatives(rule[1])));
  }

  private static List<String> alternatives(String text) {
    return Arrays.stream(text.split("\\|")).map(String::strip).toList();
  }

  /**
   * Generates a review.
   *
   * @param good whether the review is positive
   * @param depth the maximum nesting of clauses; 0 for a plain claim
   */
  String review(boolean good, int depth) {
    product = random.nextInt(MODEL_NUMBER_INTERVAL) == 0 ? modelNumber() : pick(PRODUCT);
    named = false;
    reversals = 0;
    return capitalize(expand("review", good, depth));
  }

  /** Returns how many parts of the last review were reversed by a negation or a doubt. */
  int reversals() {
    return reversals;
  }

  private String expand(String symbol, boolean good, int depth) {
    if (symbol.equals("it")) {
      return mention();
    }
    if (symbol.equals(PRODUCT)) {
      return product;
    }
    boolean verdict = symbol.equals("verdict");
    boolean deeper = depth > 0 && (verdict || symbol.equals("claim"));
    String rule = deeper ? (verdict ? "composed" : "wrapped") : symbol;
    if (!rules.containsKey(rule)) {
      rule = (good ? "good " : "bad ") + symbol;
    }
    if (rule.equals("doubt") || rule.equals("negated")) {
      reversals++;
    }
    return fill(pick(rule), good, deeper ? depth - 1 : depth);
  }

  private String mention() {
    String mention = named ? "it" : "the " + product;
    named = true;
    return mention;
  }

  private String fill(String template, boolean good, int depth) {
    StringBuilder text = new StringBuilder();
    Matcher symbols = SYMBOL.matcher(template);
    while (symbols.find()) {
      boolean opinion =
          switch (symbols.group(2)) {
            case "-" -> !good;
            case "?" -> random.nextInt(2) == 0;
            default -> good;
          };
      symbols.appendReplacement(text, expand(symbols.group(1), opinion, depth));
    }
    return symbols.appendTail(text).toString();
  }

  private String modelNumber() {
    char first = (char) ('A' + random.nextInt(26));
    char second = (char) ('A' + random.nextInt(26));
    return "" + first + second + (100 + random.nextInt(900));
  }

  private String pick(String rule) {
    List<String> alternatives = Objects.requireNonNull(rules.get(rule), rule);
    return alternatives.get(random.nextInt(alternatives.size()));
  }

  private static String capitalize(String text) {
    Matcher starts = Pattern.compile("(^|\\. )([a-z])").matcher(text);
    return starts.replaceAll(
        start -> start.group(1) + (char) (start.group(2).charAt(0) - 'a' + 'A'));
  }
}
