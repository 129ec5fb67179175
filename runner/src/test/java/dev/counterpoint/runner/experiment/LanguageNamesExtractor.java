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
 * Extracts the data set of the experiment {@code languages}: names of countries, languages,
 * currencies and time zones in every language of the running JDK's CLDR tables.
 *
 * <p>The project ships the result, because the tables differ between JDK releases and slim JDKs
 * have few of them. It was created with JDK 17 (CLDR 39), from the root of the repository:
 *
 * <pre>
 * java runner/src/test/java/dev/counterpoint/runner/experiment/LanguageNamesExtractor.java \
 *     runner/src/test/resources/dev/counterpoint/runner/experiment/languages.tsv.gz
 * </pre>
 *
 * <p>The first line of the file is {@code # sharedSpellings=N}. Each line after it is a language
 * tag, a key such as {@code country:FR}, and the name of the key in that language, separated by
 * tabs and sorted by language, then key. The output is deterministic for a JDK release.
 *
 * <h2>Languages and names</h2>
 *
 * <ul>
 *   <li>The languages are the available locales without a country and without a script. {@code sr}
 *       is one, in its default script; {@code sr-Latn} and {@code de-AT} are not.
 *   <li>The keys are the countries of ISO 3166, the languages of ISO 639-1, and the currencies and
 *       time zones of the JDK. Time zones with the same English name, such as those of Central
 *       Europe, are one key.
 *   <li>Only CLDR is used, not the JDK's older locale data. Without a name in CLDR the JDK returns
 *       the code, or the offset of a time zone; these are not names and are skipped.
 *   <li>If a language has the same name for two keys, only the first key is kept.
 * </ul>
 *
 * <h2>Exclusions</h2>
 *
 * <p>A spelling that occurs in two or more languages, compared exactly, is removed from all of
 * them, because it does not identify a language. Languages with fewer than {@value #MIN_NAMES}
 * remaining names are then removed; a name counts once, whatever its kind. Closely related
 * languages therefore lose many names. Norwegian is excluded, because its tags {@code nb} and
 * {@code no} have the same table, and so is English, because Filipino, Cebuano and others share
 * most of its names.
 */
final class LanguageNamesExtractor {
  private static final int MIN_NAMES = 200;

  /** The time zones to name; of zones with the same English name, the first. */
  private final SortedSet<String> zones = zones();

  /** Names by key, by language tag. */
  private final SortedMap<String, SortedMap<String, String>> names = new TreeMap<>();

  private LanguageNamesExtractor() {}

  public static void main(String[] arguments) throws IOException {
    if (arguments.length != 1) {
      System.err.println("Give one argument: the file to write, such as languages.tsv.gz");
      System.exit(2);
    }
    useOnlyCldr();
    new LanguageNamesExtractor().extract(Path.of(arguments[0]));
  }

  /** Must be called before the first name is read, because the JDK reads the property only once. */
  private static void useOnlyCldr() {
    System.setProperty("java.locale.providers", "CLDR");
    Locale.setDefault(Locale.ROOT);
    if (ModuleLayer.boot().findModule("jdk.localedata").isEmpty()) {
      throw new IllegalStateException("This JDK has no module jdk.localedata. Use a full JDK 17.");
    }
    if (!new Locale("", "FR").getDisplayCountry(Locale.ROOT).equals("FR")) {
      throw new IllegalStateException(
          "The locale data was loaded too early. Add -Djava.locale.providers=CLDR.");
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

    names.values().removeIf(table -> table.size() < MIN_NAMES);
    write(file, shared.size());

    System.out.printf(Locale.ROOT, "%,d names in %d languages%n", collected, languages);
    System.out.printf(
        Locale.ROOT,
        "%,d spellings shared by several languages excluded, with their %,d names%n",
        shared.size(),
        collected - unshared);
    System.out.printf(
        Locale.ROOT,
        "%d languages with fewer than %d remaining names excluded, with their %,d names%n",
        languages - names.size(),
        MIN_NAMES,
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

  /** Returns distinct names by key. */
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
      // The list contains former codes too, such as iw; the locale returns the current one, he.
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
      // A digit identifies the fallback, such as "GMT+01:00" and "Paris (+0)".
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
    // The header that this stream writes contains neither a time nor a file name.
    OutputStream compressed =
        new GZIPOutputStream(Files.newOutputStream(file)) {
          {
            def.setLevel(Deflater.BEST_COMPRESSION);
          }
        };
    return new BufferedWriter(new OutputStreamWriter(compressed, StandardCharsets.UTF_8));
  }
}
