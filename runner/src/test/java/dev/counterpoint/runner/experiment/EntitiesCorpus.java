package dev.counterpoint.runner.experiment;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Data set of the experiment {@code entities}: the paragraphs of {@link CountriesCorpus} in CoNLL
 * columns, with IOB2 tags for countries, their codes, currencies, languages, and days of the week.
 * Each country is in only one split. The data is the same on every machine.
 */
final class EntitiesCorpus {
  private static final long SEED = 2003;
  private static final int PARAGRAPHS = 4;
  private static final int FACTS = 4;
  private static final Pattern WORD = Pattern.compile("\\w+|\\S", Pattern.UNICODE_CHARACTER_CLASS);

  private EntitiesCorpus() {}

  /** Returns the file contents of the splits "train" and "validation". */
  static Map<String, String> splits() {
    Map<String, String> splits = new LinkedHashMap<>();
    splits.put("train", file(CountriesCorpus.countries().filter(it -> !isForValidation(it))));
    splits.put("validation", file(CountriesCorpus.countries().filter(it -> isForValidation(it))));
    return splits;
  }

  private static boolean isForValidation(CountriesCorpus.Country country) {
    return CountriesCorpus.isForValidation(country);
  }

  private static String file(Stream<CountriesCorpus.Country> countries) {
    SplittableRandom random = new SplittableRandom(SEED);
    StringBuilder file = new StringBuilder();
    countries.forEach(
        country -> {
          for (int i = 0; i < PARAGRAPHS; i++) {
            append(country.name(), "country", file);
            append("is a country.", "", file);
            for (CountriesCorpus.Fact fact : CountriesCorpus.shuffled(random).subList(0, FACTS)) {
              String[] sentence = CountriesCorpus.pick(fact.statements(), random).split("\\{}", -1);
              append(sentence[0], "", file);
              String value = String.valueOf(country.facts().get(fact.name()));
              String separator = "";
              for (String each : value.split(", | and ", -1)) {
                append(separator, "", file);
                append(each, type(fact.name()), file);
                separator = "and";
              }
              append(sentence[1], "", file);
            }
            file.append('\n');
          }
        });
    return file.toString();
  }

  /** The entity type of a fact, such as {@code currency}. */
  private static String type(String fact) {
    return fact.matches("LETTERS.*|.*CODE")
        ? "code"
        : fact.equals("WEEK") ? "day" : fact.toLowerCase(Locale.ROOT).replaceAll("s$", "");
  }

  /** Appends a line for each word of a text, which is an entity unless its type is empty. */
  private static void append(String text, String type, StringBuilder file) {
    Matcher words = WORD.matcher(text);
    for (boolean first = true; words.find(); first = false) {
      String tag = type.isEmpty() ? "O" : (first ? "B-" : "I-") + type;
      file.append(words.group()).append('\t').append(tag).append('\n');
    }
  }
}
