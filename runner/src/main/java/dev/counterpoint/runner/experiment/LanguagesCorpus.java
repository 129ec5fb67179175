package dev.counterpoint.runner.experiment;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.GZIPInputStream;

/**
 * The data of the experiment {@code languages}: what 140 languages call countries, languages,
 * currencies and time zones. The model tells the language, as in {@code Königreich} to {@code de}.
 *
 * <p>The names are those of Unicode's CLDR 39, selected by {@code LanguageNamesExtractor}: no
 * spelling is there twice, and each language has at least 200 names. Their licence lies beside them
 * in {@code UNICODE-LICENSE.txt}.
 *
 * <p>The items are split, not the names: what all languages call {@code country:FR} is either
 * trained with or validated with, never both. Otherwise a model could place an unseen {@code
 * Frankreich} by a {@code Frankryk} that it was shown.
 */
final class LanguagesCorpus {
  private static final String RESOURCE = "languages.tsv.gz";
  private static final String SHARED_SPELLINGS = "# sharedSpellings=";
  private static final String SPLIT_SEED = "languages-1/";
  private static final int VALIDATION_PERCENT = 10;

  private final List<Name> names;

  private LanguagesCorpus(List<Name> names) {
    this.names = List.copyOf(names);
  }

  /** Reads the corpus from the class path. */
  static LanguagesCorpus load() {
    try (BufferedReader reader = open()) {
      reader.readLine(); // that of the shared spellings
      return new LanguagesCorpus(reader.lines().map(Name::parse).toList());
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read the built-in data " + RESOURCE, e);
    }
  }

  private static BufferedReader open() throws IOException {
    InputStream resource = LanguagesCorpus.class.getResourceAsStream(RESOURCE);
    if (resource == null) {
      throw new IOException("The class path lacks it.");
    }
    return new BufferedReader(
        new InputStreamReader(new GZIPInputStream(resource), StandardCharsets.UTF_8));
  }

  /** Returns "train" and "validation", about nine to one, in the order of the languages' tags. */
  Map<String, List<LabelledText>> splits() {
    Map<String, List<LabelledText>> splits = new LinkedHashMap<>();
    for (Name name : names) {
      String split = isForValidation(name.item()) ? "validation" : "train";
      splits
          .computeIfAbsent(split, key -> new ArrayList<>())
          .add(new LabelledText(name.text(), name.language()));
    }
    return splits;
  }

  /** Returns all names, sorted by language, then item. */
  List<Name> names() {
    return names;
  }

  /** Returns how many spellings were left out because two or more languages have them. */
  static int sharedSpellings() {
    try (BufferedReader reader = open()) {
      return Integer.parseInt(reader.readLine().substring(SHARED_SPELLINGS.length()));
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read the built-in data " + RESOURCE, e);
    }
  }

  /** Returns a line for people on what the data lacks. */
  static String leftOut() {
    return String.format(
        Locale.ROOT,
        "languages: %,d spellings that several languages share are left out",
        sharedSpellings());
  }

  /** Returns the English name of a label: {@code German} for {@code de}. */
  static String displayName(String language) {
    return Locale.forLanguageTag(language).getDisplayLanguage(Locale.ENGLISH);
  }

  /** A function of the item's key alone, so that every machine makes the same split. */
  private static boolean isForValidation(String item) {
    CRC32 hash = new CRC32();
    hash.update((SPLIT_SEED + item).getBytes(StandardCharsets.UTF_8));
    return hash.getValue() % 100 < VALIDATION_PERCENT;
  }

  /** What a language calls an item: {@code ("de", "country:FR", "Frankreich")}. */
  record Name(String language, String item, String text) {
    private static Name parse(String line) {
      String[] fields = line.split("\t", -1);
      return new Name(fields[0], fields[1], fields[2]);
    }
  }
}
