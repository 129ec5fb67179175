package dev.counterpoint.runner.experiment;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.collect.ImmutableList;
import dev.counterpoint.core.internal.storage.Json;
import dev.counterpoint.core.internal.storage.Resource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.Stream;

/**
 * Data set of the experiment {@code question-answering}: paragraphs about countries with questions,
 * in the JSON format of SQuAD 2. The facts come from {@code CountryFactsExtractor}. A paragraph
 * states several facts in random order and wording, with a question about each. One more question
 * is about a fact that the paragraph does not state and has no answer.
 *
 * <p>Each country is in only one split. The data is the same on every machine.
 */
final class CountriesCorpus {
  private static final long SEED = 1984;
  private static final String SPLIT_SEED = "countries-1/";
  private static final int VALIDATION_PERCENT = 20;
  private static final int PARAGRAPHS = 8;
  private static final int MIN_FACTS = 3;

  /** A kind of fact, with templates for its statements and its questions. */
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

    private final ImmutableList<String> statements;
    private final ImmutableList<String> questions;

    Fact(String statements, String questions) {
      this.statements = ImmutableList.copyOf(statements.split("\\|", -1));
      this.questions = ImmutableList.copyOf(questions.split("\\|", -1));
    }
  }

  /** A country and its facts. */
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

    /** Formats {@code a,b,c} as {@code a, b and c}. */
    private static String list(String names) {
      return names.replaceAll(",([^,]*)$", " and $1").replace(",", ", ");
    }
  }

  /** Returns the file contents of the splits "train" and "validation". */
  Map<String, String> splits() {
    Map<String, String> splits = new LinkedHashMap<>();
    splits.put("train", file(countries().filter(country -> !isForValidation(country))));
    splits.put("validation", file(countries().filter(CountriesCorpus::isForValidation)));
    return splits;
  }

  private static Stream<Country> countries() {
    return Resource.read(CountriesCorpus.class, "countries.tsv").lines().map(Country::parse);
  }

  private static boolean isForValidation(Country country) {
    return BuiltInData.isForValidation(SPLIT_SEED + country.name(), VALIDATION_PERCENT);
  }

  private static String file(Stream<Country> countries) {
    ObjectNode file = Json.MAPPER.createObjectNode().put("version", "v2.0");
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
    int stated = random.nextInt(MIN_FACTS, order.size());
    StringBuilder text = new StringBuilder(country.name() + " is a country.");
    ArrayNode questions = Json.MAPPER.createArrayNode();
    for (Fact fact : order.subList(0, stated)) {
      String[] sentence = pick(fact.statements, random).split("\\{}", -1);
      text.append(' ').append(sentence[0]);
      int start = text.codePointCount(0, text.length());
      text.append(country.facts().get(fact)).append(sentence[1]);
      ObjectNode question = question(questions, country, fact, number, random);
      question.put("is_impossible", false);
      question
          .putArray("answers")
          .addObject()
          .put("text", country.facts().get(fact))
          .put("answer_start", start);
    }
    ObjectNode question = question(questions, country, order.get(stated), number, random);
    question.put("is_impossible", true).putArray("answers");
    paragraph.put("context", text.toString()).set("qas", questions);
  }

  private static ObjectNode question(
      ArrayNode questions, Country country, Fact fact, int number, SplittableRandom random) {
    String text = pick(fact.questions, random).replace("{country}", country.name());
    String id = country.facts().get(Fact.LETTERS_2) + "-" + number + "-" + fact;
    return questions.addObject().put("id", id).put("question", text);
  }

  private static List<Fact> shuffled(SplittableRandom random) {
    List<Fact> remaining = new ArrayList<>(Arrays.asList(Fact.values()));
    List<Fact> order = new ArrayList<>();
    while (!remaining.isEmpty()) {
      order.add(remaining.remove(random.nextInt(remaining.size())));
    }
    return order;
  }

  private static String pick(List<String> templates, SplittableRandom random) {
    return templates.get(random.nextInt(templates.size()));
  }
}
