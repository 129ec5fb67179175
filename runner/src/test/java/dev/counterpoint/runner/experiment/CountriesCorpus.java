package dev.counterpoint.runner.experiment;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.internal.storage.Json;
import dev.counterpoint.core.internal.storage.Resource;
import java.util.ArrayList;
import java.util.HashMap;
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

  private static final List<Fact> FACTS =
      Resource.read(CountriesCorpus.class, "country-facts.tsv").lines().map(Fact::parse).toList();

  /** A kind of fact, with templates for its statements and its questions. */
  record Fact(String name, List<String> statements, List<String> questions) {
    static Fact parse(String line) {
      String[] fields = line.split("\t", -1);
      return new Fact(
          fields[0], List.of(fields[1].split("\\|", -1)), List.of(fields[2].split("\\|", -1)));
    }
  }

  /** A country and its facts, by the name of their kind. */
  record Country(String name, Map<String, String> facts) {
    static Country parse(String line) {
      String[] fields = line.split("\t", -1);
      Map<String, String> facts = new HashMap<>();
      for (int i = 0; i < FACTS.size(); i++) {
        facts.put(FACTS.get(i).name(), fields[i + 1]);
      }
      facts.computeIfPresent("LANGUAGES", (name, languages) -> list(languages));
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

  static Stream<Country> countries() {
    return Resource.read(CountriesCorpus.class, "countries.tsv").lines().map(Country::parse);
  }

  static boolean isForValidation(Country country) {
    return Corpora.isForValidation(SPLIT_SEED + country.name(), VALIDATION_PERCENT);
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
      String[] sentence = pick(fact.statements(), random).split("\\{}", -1);
      text.append(' ').append(sentence[0]);
      int start = text.codePointCount(0, text.length());
      text.append(country.facts().get(fact.name())).append(sentence[1]);
      ObjectNode question = question(questions, country, fact, number, random);
      question.put("is_impossible", false);
      question
          .putArray("answers")
          .addObject()
          .put("text", country.facts().get(fact.name()))
          .put("answer_start", start);
    }
    ObjectNode question = question(questions, country, order.get(stated), number, random);
    question.put("is_impossible", true).putArray("answers");
    paragraph.put("context", text.toString()).set("qas", questions);
  }

  private static ObjectNode question(
      ArrayNode questions, Country country, Fact fact, int number, SplittableRandom random) {
    String text = pick(fact.questions(), random).replace("{country}", country.name());
    String id = country.facts().get("LETTERS_2") + "-" + number + "-" + fact.name();
    return questions.addObject().put("id", id).put("question", text);
  }

  static List<Fact> shuffled(SplittableRandom random) {
    List<Fact> remaining = new ArrayList<>(FACTS);
    List<Fact> order = new ArrayList<>();
    while (!remaining.isEmpty()) {
      order.add(remaining.remove(random.nextInt(remaining.size())));
    }
    return order;
  }

  static String pick(List<String> templates, SplittableRandom random) {
    return templates.get(random.nextInt(templates.size()));
  }
}
