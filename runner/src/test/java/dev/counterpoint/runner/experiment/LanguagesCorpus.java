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
import java.util.Map;
import java.util.zip.GZIPInputStream;

/**
 * Data set of the experiment {@code languages}: names of countries, languages, currencies and time
 * zones in 140 languages. The label is the language, such as {@code de} for {@code Königreich}.
 *
 * <p>The names are from Unicode's CLDR 39, selected by {@code LanguageNamesExtractor}: all
 * spellings are distinct, and each language has at least 200 names. Their licence is {@code
 * UNICODE-LICENSE.txt} beside the built-in data.
 *
 * <p>The data is split by CLDR key, not by name: the names of {@code country:FR} in all languages
 * are either in the training or in the validation split. Otherwise a model could infer the language
 * of {@code Frankreich} in validation from {@code Frankryk} in training.
 */
record LanguagesCorpus(List<Name> names) {
  private static final String RESOURCE = "languages.tsv.gz";
  private static final String SHARED_SPELLINGS = "# sharedSpellings=";
  private static final String SPLIT_SEED = "languages-1/";
  private static final int VALIDATION_PERCENT = 10;

  /** Reads the corpus from the class path. */
  static LanguagesCorpus load() {
    try (BufferedReader reader = open()) {
      reader.readLine(); // skips the header with the number of shared spellings
      return new LanguagesCorpus(reader.lines().map(Name::parse).toList());
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read the built-in data " + RESOURCE + ".", e);
    }
  }

  private static BufferedReader open() throws IOException {
    InputStream resource = LanguagesCorpus.class.getResourceAsStream(RESOURCE);
    if (resource == null) {
      throw new IOException("It is missing on the class path.");
    }
    return new BufferedReader(
        new InputStreamReader(new GZIPInputStream(resource), StandardCharsets.UTF_8));
  }

  /**
   * Returns the splits "train" and "validation", of about 90 % and 10 %, sorted by language tag and
   * CLDR key.
   */
  Map<String, List<LabelledText>> splits() {
    Map<String, List<LabelledText>> splits = new LinkedHashMap<>();
    for (Name name : names) {
      String split =
          Corpora.isForValidation(SPLIT_SEED + name.key(), VALIDATION_PERCENT)
              ? "validation"
              : "train";
      splits
          .computeIfAbsent(split, any -> new ArrayList<>())
          .add(new LabelledText(name.text(), name.language()));
    }
    return splits;
  }

  /** Returns the number of spellings excluded because two or more languages share them. */
  static int sharedSpellings() {
    try (BufferedReader reader = open()) {
      return Integer.parseInt(reader.readLine().substring(SHARED_SPELLINGS.length()));
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read the built-in data " + RESOURCE + ".", e);
    }
  }

  /** A name of a CLDR key in a language: {@code ("de", "country:FR", "Frankreich")}. */
  record Name(String language, String key, String text) {
    private static Name parse(String line) {
      String[] fields = line.split("\t", -1);
      return new Name(fields[0], fields[1], fields[2]);
    }
  }
}
