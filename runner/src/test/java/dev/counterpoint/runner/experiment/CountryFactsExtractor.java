package dev.counterpoint.runner.experiment;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.format.TextStyle;
import java.time.temporal.WeekFields;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Currency;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Extracts facts about countries from the JDK, in English, for the data set of the experiment
 * {@code question-answering}: name, two-letter and three-letter code, currency and its code,
 * languages, and the first day of the week.
 *
 * <p>The project ships the result, because the tables differ between JDK releases. It was created
 * with JDK 17 (CLDR 39), from the root of the repository:
 *
 * <pre>
 * java runner/src/test/java/dev/counterpoint/runner/experiment/CountryFactsExtractor.java \
 *     runner/src/test/resources/dev/counterpoint/runner/experiment/countries.tsv
 * </pre>
 *
 * <p>Time zones are not included: no public table of the JDK maps a country to its zones. Parsing
 * zone names with {@code DateTimeFormatterBuilder.appendZoneText} and a locale's country finds
 * CLDR's preferred zones, but only for a third of the countries, and with zones of neighbours that
 * tzdata has merged, such as {@code Europe/Berlin} for Denmark.
 *
 * <p>Countries without a currency or without a language in the tables are skipped. The output is
 * deterministic for a JDK release.
 */
final class CountryFactsExtractor {
  private CountryFactsExtractor() {}

  public static void main(String[] arguments) throws IOException {
    if (arguments.length != 1) {
      System.err.println("Give one argument: the file to write, such as countries.tsv");
      System.exit(2);
    }
    System.setProperty("java.locale.providers", "CLDR");
    List<String> rows = new ArrayList<>();
    for (String code : new TreeSet<>(Arrays.asList(Locale.getISOCountries()))) {
      Locale country = new Locale("", code);
      SortedSet<String> languages = languages(code);
      Optional<Currency> currency = currency(country);
      if (currency.isPresent() && !languages.isEmpty()) {
        rows.add(row(country, currency.get(), languages));
      }
    }
    Files.write(Path.of(arguments[0]), rows, StandardCharsets.UTF_8);
    System.out.println(rows.size() + " countries written");
  }

  private static String row(Locale country, Currency currency, SortedSet<String> languages) {
    return String.join(
        "\t",
        country.getDisplayCountry(Locale.ENGLISH),
        country.getCountry(),
        country.getISO3Country(),
        currency.getDisplayName(Locale.ENGLISH),
        currency.getCurrencyCode(),
        languages.stream().limit(3).collect(Collectors.joining(",")),
        WeekFields.of(country).getFirstDayOfWeek().getDisplayName(TextStyle.FULL, Locale.ENGLISH));
  }

  private static Optional<Currency> currency(Locale country) {
    try {
      return Optional.ofNullable(Currency.getInstance(country));
    } catch (IllegalArgumentException e) {
      return Optional.empty(); // a former country
    }
  }

  private static SortedSet<String> languages(String country) {
    return Arrays.stream(Locale.getAvailableLocales())
        .filter(locale -> locale.getCountry().equals(country))
        .map(locale -> locale.getDisplayLanguage(Locale.ENGLISH))
        .collect(Collectors.toCollection(TreeSet::new));
  }
}
