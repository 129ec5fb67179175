package dev.counterpoint.runner.experiment;

import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Currency;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TimeZone;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;

/**
 * Writes the data of the experiment {@code languages}: the names of countries, languages,
 * currencies and time zones in every language of the running JDK's CLDR tables.
 *
 * <p>The project ships the result, because every JDK release has other tables and a slim one has
 * hardly any. It was made by a JDK 17 (CLDR 39), from the root of the repository, with
 *
 * <pre>
 * java runner/src/main/java/dev/counterpoint/runner/experiment/LanguageNamesExtractor.java \
 *     runner/src/main/resources/dev/counterpoint/runner/experiment/languages.tsv.gz
 * </pre>
 *
 * <p>The first line of the file is {@code # sharedSpellings=N}. Each line after it is a language
 * tag, an item such as {@code country:FR}, and the item's name in that language, separated by tabs
 * and sorted by language, then item. The same JDK always writes the same bytes.
 *
 * <h2>What is a language, and what a name</h2>
 *
 * <ul>
 *   <li>The languages are the available locales that have neither a country nor a script: {@code
 *       sr} is one, in the script it is mostly written in; {@code sr-Latn} and {@code de-AT} are
 *       none.
 *   <li>The items are the countries of ISO 3166, the languages of ISO 639-1, the currencies the JDK
 *       knows, and its time zones, of which those that English calls the same (as all of Central
 *       Europe's) are one item.
 *   <li>Only CLDR is asked, not the older tables that the JDK holds beside it. What CLDR does not
 *       name falls back to the item's code, and a time zone to its offset; neither is a name, and
 *       both are skipped.
 *   <li>If a language calls two items the same, the name stays with the first of them.
 * </ul>
 *
 * <h2>What is dropped</h2>
 *
 * <p>A spelling that two or more languages have, compared letter by letter, is dropped from all of
 * them: nobody can tell whose it is. Of what is left, languages with fewer than {@value
 * #FEWEST_NAMES} names are dropped with all their names; a name is counted once, whatever its kind.
 * So close relatives thin each other out. Norwegian is gone, whose tags {@code nb} and {@code no}
 * share one table, and so is English, because Filipino, Cebuano and others take over most of its
 * names.
 */
final class LanguageNamesExtractor {
  private static final int FEWEST_NAMES = 200;

  /** The zones to name: of those that English calls the same, the first. */
  private final SortedSet<String> zones = zones();

  /** Names by item, by language tag. */
  private final SortedMap<String, SortedMap<String, String>> names = new TreeMap<>();

  private LanguageNamesExtractor() {}

  public static void main(String[] arguments) throws IOException {
    if (arguments.length != 1) {
      System.err.println("Give one argument: the file to write, such as languages.tsv.gz");
      System.exit(2);
    }
    askOnlyCldr();
    new LanguageNamesExtractor().extract(Path.of(arguments[0]));
  }

  /** Must come before anything asks for a name, since the JDK reads the property only once. */
  private static void askOnlyCldr() {
    System.setProperty("java.locale.providers", "CLDR");
    Locale.setDefault(Locale.ROOT);
    if (ModuleLayer.boot().findModule("jdk.localedata").isEmpty()) {
      throw new IllegalStateException("This JDK has no module jdk.localedata; use a full JDK 17.");
    }
    if (!new Locale("", "FR").getDisplayCountry(Locale.ROOT).equals("FR")) {
      throw new IllegalStateException(
          "The JDK's locale tables were set up too early; add -Djava.locale.providers=CLDR");
    }
  }

  private void extract(Path file) throws IOException {
    for (String language : languages()) {
      names.put(language, namesIn(Locale.forLanguageTag(language)));
    }
    int languages = names.size();
    int collected = rows();

    Set<String> shared = sharedSpellings();
    names.values().forEach(table -> table.values().removeAll(shared));
    int unshared = rows();

    names.values().removeIf(table -> table.size() < FEWEST_NAMES);
    write(file, shared.size());

    System.out.printf(Locale.ROOT, "%,d names in %d languages%n", collected, languages);
    System.out.printf(
        Locale.ROOT,
        "%,d spellings that languages share, dropped with their %,d names%n",
        shared.size(),
        collected - unshared);
    System.out.printf(
        Locale.ROOT,
        "%d languages with fewer than %d names left, dropped with their %,d names%n",
        languages - names.size(),
        FEWEST_NAMES,
        unshared - rows());
    System.out.printf(
        Locale.ROOT,
        "%,d names in %d languages written, %,d bytes%n",
        rows(),
        names.size(),
        Files.size(file));
  }

  private static SortedSet<String> languages() {
    return Arrays.stream(Locale.getAvailableLocales())
        .filter(locale -> !locale.getLanguage().isEmpty())
        .map(Locale::toLanguageTag)
        .filter(tag -> !tag.contains("-"))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static SortedSet<String> zones() {
    SortedMap<String, String> firstByName = new TreeMap<>();
    Arrays.stream(TimeZone.getAvailableIDs())
        .filter(zone -> zone.contains("/") && !zone.startsWith("Etc/"))
        .sorted()
        .forEach(zone -> firstByName.putIfAbsent(zoneName(zone, Locale.ENGLISH), zone));
    return new TreeSet<>(firstByName.values());
  }

  /** Returns names by item; no name is there twice. */
  private SortedMap<String, String> namesIn(Locale language) {
    SortedMap<String, String> table = new TreeMap<>();
    addCountries(table, language);
    addLanguages(table, language);
    addCurrencies(table, language);
    addZones(table, language);
    Set<String> seen = new HashSet<>();
    table.values().removeIf(name -> !seen.add(name));
    return table;
  }

  private static void addCountries(Map<String, String> table, Locale language) {
    for (String code : Locale.getISOCountries()) {
      add(table, "country", code, new Locale("", code).getDisplayCountry(language));
    }
  }

  private static void addLanguages(Map<String, String> table, Locale language) {
    for (String code : Locale.getISOLanguages()) {
      Locale named = new Locale(code);
      // The locale knows the code of today, where the list has old ones too: he, not iw.
      add(table, "language", named.getLanguage(), named.getDisplayLanguage(language));
    }
  }

  private static void addCurrencies(Map<String, String> table, Locale language) {
    for (Currency currency : Currency.getAvailableCurrencies()) {
      add(table, "currency", currency.getCurrencyCode(), currency.getDisplayName(language));
    }
  }

  private void addZones(Map<String, String> table, Locale language) {
    for (String zone : zones) {
      String name = zoneName(zone, language);
      // A digit tells the fallback, as in "GMT+01:00" and "Paris (+0)".
      if (name.codePoints().noneMatch(Character::isDigit)) {
        add(table, "zone", zone, name);
      }
    }
  }

  private static void add(Map<String, String> table, String kind, String code, String name) {
    if (!name.equals(code)) {
      table.put(kind + ":" + code, name);
    }
  }

  private static String zoneName(String zone, Locale language) {
    return TimeZone.getTimeZone(zone).getDisplayName(false, TimeZone.LONG, language);
  }

  private Set<String> sharedSpellings() {
    Map<String, Integer> owners = new HashMap<>();
    for (SortedMap<String, String> table : names.values()) {
      table.values().forEach(name -> owners.merge(name, 1, Integer::sum));
    }
    owners.values().removeIf(count -> count == 1);
    return owners.keySet();
  }

  private int rows() {
    return names.values().stream().mapToInt(Map::size).sum();
  }

  private void write(Path file, int sharedSpellings) throws IOException {
    try (BufferedWriter writer = gzipWriter(file)) {
      writer.write("# sharedSpellings=" + sharedSpellings + "\n");
      for (String language : names.keySet()) {
        for (Map.Entry<String, String> entry : names.get(language).entrySet()) {
          writer.write(language + "\t" + entry.getKey() + "\t" + entry.getValue() + "\n");
        }
      }
    }
  }

  private static BufferedWriter gzipWriter(Path file) throws IOException {
    // The header that this stream writes holds no time and no file name.
    OutputStream compressed =
        new GZIPOutputStream(Files.newOutputStream(file)) {
          {
            def.setLevel(Deflater.BEST_COMPRESSION);
          }
        };
    return new BufferedWriter(new OutputStreamWriter(compressed, StandardCharsets.UTF_8));
  }
}
