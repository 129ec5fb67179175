package dev.counterpoint.runner.experiment;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.collect.ImmutableList;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import java.util.zip.CRC32;

/**
 * The data of the experiment {@code question-answering}: paragraphs about countries, made from what
 * {@code CountryFactsExtractor} found, and questions about them in the JSON of SQuAD 2. A paragraph
 * tells some facts, each in one of several ways and in any order; of those that it leaves out some
 * are asked for too, and have no answer.
 *
 * <p>A country is either trained with or validated with, never both. The same on every machine.
 */
final class CountriesCorpus {
  private static final long SEED = 1984;
  private static final String SPLIT_SEED = "countries-1/";
  private static final int VALIDATION_PERCENT = 20;
  private static final int PARAGRAPHS = 8;
  private static final int FEWEST_FACTS = 3;
  private static final JsonMapper JSON = new JsonMapper();

  /** A fact: the ways to tell it, and the ways to ask for it. */
  private enum Fact {
    LETTERS_2(
        "Its two-letter code is {}.|Two letters, {}, stand for it.|In lists it is short for {}.",
        "What is the two-letter code?|Which two letters stand for {country}?"),
    LETTERS_3(
        "The three letters {} stand for it.|Its three-letter code is {}.",
        "What is the three-letter code?|Which three letters stand for {country}?"),
    CURRENCY(
        "People pay with the {} there.|Its currency is the {}.|Prices are in {}.",
        "What is the currency of {country}?|What do people pay with?"),
    CURRENCY_CODE(
        "Banks write {} for its money.|Its money is {} for short.|The code of its money is {}.",
        "What do banks write for the money?|What is the code of the money of {country}?"),
    LANGUAGES(
        "One hears {} there.|The people speak {}.|Its inhabitants talk {}.",
        "What do people speak in {country}?|Which languages does one hear?"),
    WEEK(
        "The week begins on {}.|Calendars start with {}.",
        "On which day does the week begin?|What do calendars in {country} start with?");

    private final ImmutableList<String> told;
    private final ImmutableList<String> asked;

    Fact(String told, String asked) {
      this.told = ImmutableList.copyOf(told.split("\\|", -1));
      this.asked = ImmutableList.copyOf(asked.split("\\|", -1));
    }
  }

  /** What is known of a country. */
  private record Country(String name, Map<Fact, String> facts) {
    static Country parse(String line) {
      String[] fields = line.split("\t", -1);
      Map<Fact, String> facts = new LinkedHashMap<>();
      Fact[] all = Fact.values();
      for (int i = 0; i < all.length; i++) {
        facts.put(all[i], all[i] == Fact.LANGUAGES ? list(fields[i + 1]) : fields[i + 1]);
      }
      return new Country(fields[0], facts);
    }

    /** {@code a,b,c} as one says it: {@code a, b and c}. */
    private static String list(String names) {
      return names.replaceAll(",([^,]*)$", " and $1").replace(",", ", ");
    }
  }

  /** Returns "train" and "validation", the content of a file each. */
  Map<String, String> splits() {
    Map<String, String> splits = new LinkedHashMap<>();
    splits.put("train", file(countries().filter(country -> !isForValidation(country))));
    splits.put("validation", file(countries().filter(CountriesCorpus::isForValidation)));
    return splits;
  }

  private static Stream<Country> countries() {
    try (BufferedReader reader =
        new BufferedReader(
            new InputStreamReader(
                Objects.requireNonNull(CountriesCorpus.class.getResourceAsStream("countries.tsv")),
                StandardCharsets.UTF_8))) {
      return reader.lines().map(Country::parse).toList().stream();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static boolean isForValidation(Country country) {
    CRC32 hash = new CRC32();
    hash.update((SPLIT_SEED + country.name()).getBytes(StandardCharsets.UTF_8));
    return hash.getValue() % 100 < VALIDATION_PERCENT;
  }

  private static String file(Stream<Country> countries) {
    ObjectNode file = JSON.createObjectNode().put("version", "v2.0");
    ArrayNode data = file.putArray("data");
    SplittableRandom random = new SplittableRandom(SEED);
    countries.forEach(
        country -> {
          ObjectNode article = data.addObject().put("title", country.name());
          ArrayNode paragraphs = article.putArray("paragraphs");
          for (int i = 0; i < PARAGRAPHS; i++) {
            addParagraph(paragraphs.addObject(), country, i, random);
          }
        });
    return file.toString();
  }

  private static void addParagraph(
      ObjectNode paragraph, Country country, int number, SplittableRandom random) {
    List<Fact> order = shuffled(random);
    int told = random.nextInt(FEWEST_FACTS, order.size());
    StringBuilder text = new StringBuilder(country.name() + " is a country.");
    ArrayNode asked = JSON.createArrayNode();
    for (Fact fact : order.subList(0, told)) {
      String[] sentence = pick(fact.told, random).split("\\{}", -1);
      text.append(' ').append(sentence[0]);
      int start = text.codePointCount(0, text.length());
      text.append(country.facts().get(fact)).append(sentence[1]);
      ObjectNode question = question(asked, country, fact, number, random);
      question.put("is_impossible", false);
      question
          .putArray("answers")
          .addObject()
          .put("text", country.facts().get(fact))
          .put("answer_start", start);
    }
    ObjectNode question = question(asked, country, order.get(told), number, random);
    question.put("is_impossible", true).putArray("answers");
    paragraph.put("context", text.toString()).set("qas", asked);
  }

  private static ObjectNode question(
      ArrayNode asked, Country country, Fact fact, int number, SplittableRandom random) {
    String text = pick(fact.asked, random).replace("{country}", country.name());
    String id = country.facts().get(Fact.LETTERS_2) + "-" + number + "-" + fact;
    return asked.addObject().put("id", id).put("question", text);
  }

  private static List<Fact> shuffled(SplittableRandom random) {
    List<Fact> left = new ArrayList<>(Arrays.asList(Fact.values()));
    List<Fact> order = new ArrayList<>();
    while (!left.isEmpty()) {
      order.add(left.remove(random.nextInt(left.size())));
    }
    return order;
  }

  private static String pick(List<String> ways, SplittableRandom random) {
    return ways.get(random.nextInt(ways.size()));
  }
}
