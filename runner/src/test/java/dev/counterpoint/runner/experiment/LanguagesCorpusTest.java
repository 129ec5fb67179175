package dev.counterpoint.runner.experiment;

import static java.util.stream.Collectors.counting;
import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.toMap;
import static java.util.stream.Collectors.toSet;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class LanguagesCorpusTest {
  /** Validation accuracy of {@link NaiveBayes}, the baseline for a model. */
  static final double NAIVE_BAYES_ACCURACY = 0.879;

  private static final LanguagesCorpus CORPUS = LanguagesCorpus.load();

  @Test
  void containsTheNamesOfAHundredAndFortyLanguages() {
    assertThat(CORPUS.names()).hasSize(70_813);
    assertThat(namesPerLanguage()).hasSize(140);
  }

  @Test
  void reportsTheNumberOfExcludedSpellings() {
    assertThat(LanguagesCorpus.sharedSpellings()).isEqualTo(8_311);
    assertThat(Experiments.runFile("languages", List.of())).contains("8,311 spellings");
  }

  @Test
  void spellingsAreDistinct() {
    assertThat(CORPUS.names()).extracting(LanguagesCorpus.Name::text).doesNotHaveDuplicates();
  }

  @Test
  void hasAtLeastTwoHundredNamesOfEachLanguage() {
    assertThat(namesPerLanguage().values()).allMatch(count -> count >= 200);
  }

  @Test
  void containsWellKnownNames() {
    assertThat(CORPUS.names())
        .contains(
            new LanguagesCorpus.Name("de", "country:FR", "Frankreich"),
            new LanguagesCorpus.Name("ja", "language:de", "ドイツ語"),
            new LanguagesCorpus.Name(
                "fr", "zone:Africa/Algiers", "heure normale d’Europe centrale"));
  }

  @Test
  void splitsIntoTrainingAndValidation() {
    assertThat(CORPUS.splits()).containsOnlyKeys("train", "validation");
    assertThat(train()).hasSize(63_880);
    assertThat(validation()).hasSize(6_933);
  }

  @Test
  void everyKeyIsInOneSplit() {
    assertThat(keys(train())).doesNotContainAnyElementsOf(keys(validation()));
  }

  @Test
  void everyLanguageIsInBothSplits() {
    assertThat(labels(validation())).isEqualTo(labels(train()));
  }

  @Test
  void splitsAreDeterministic() {
    assertThat(LanguagesCorpus.load().splits()).isEqualTo(CORPUS.splits());
  }

  @Test
  void leavesNaiveBayesRoomForImprovement() {
    NaiveBayes model = new NaiveBayes(train());
    double best =
        Math.max(
            model.accuracy(validation(), 0.01),
            Math.max(model.accuracy(validation(), 0.03), model.accuracy(validation(), 0.1)));
    assertThat(best).isCloseTo(NAIVE_BAYES_ACCURACY, within(0.01));
  }

  private static List<LabelledText> train() {
    return CORPUS.splits().get("train");
  }

  private static List<LabelledText> validation() {
    return CORPUS.splits().get("validation");
  }

  private static Map<String, Long> namesPerLanguage() {
    return CORPUS.names().stream().collect(groupingBy(LanguagesCorpus.Name::language, counting()));
  }

  private static Set<String> labels(List<LabelledText> texts) {
    return texts.stream().map(LabelledText::label).collect(toSet());
  }

  private static Set<String> keys(List<LabelledText> texts) {
    Map<String, String> keyOf =
        CORPUS.names().stream()
            .collect(toMap(LanguagesCorpus.Name::text, LanguagesCorpus.Name::key));
    return texts.stream().map(text -> keyOf.get(text.text())).collect(toSet());
  }

  /**
   * Multinomial naive Bayes on character n-grams of length 1 to 3, with markers for the start and
   * the end of a text and additive smoothing over the n-grams of the training split.
   */
  private static final class NaiveBayes {
    private static final int LONGEST_GRAM = 3;

    private final List<String> labels;
    private final Map<String, float[]> countsByGram = new HashMap<>();
    private final double[] gramsByLabel;
    private final double[] logPriors;

    NaiveBayes(List<LabelledText> texts) {
      labels = texts.stream().map(LabelledText::label).distinct().toList();
      gramsByLabel = new double[labels.size()];
      logPriors = new double[labels.size()];
      texts.forEach(this::count);
      Arrays.setAll(logPriors, label -> Math.log(logPriors[label] / texts.size()));
    }

    private void count(LabelledText text) {
      int label = labels.indexOf(text.label());
      logPriors[label]++;
      for (String gram : grams(text.text())) {
        countsByGram.computeIfAbsent(gram, key -> new float[labels.size()])[label]++;
        gramsByLabel[label]++;
      }
    }

    double accuracy(List<LabelledText> texts, double alpha) {
      double[] logTotals =
          Arrays.stream(gramsByLabel)
              .map(grams -> Math.log(grams + alpha * countsByGram.size()))
              .toArray();
      long right =
          texts.stream()
              .filter(text -> predict(text.text(), alpha, logTotals).equals(text.label()))
              .count();
      return (double) right / texts.size();
    }

    private String predict(String text, double alpha, double[] logTotals) {
      double[] scores = logPriors.clone();
      for (String gram : grams(text)) {
        float[] counts = countsByGram.get(gram);
        if (counts != null) {
          Arrays.setAll(
              scores, label -> scores[label] + Math.log(counts[label] + alpha) - logTotals[label]);
        }
      }
      return labels.get(indexOfLargest(scores));
    }

    private static int indexOfLargest(double[] scores) {
      int best = 0;
      for (int i = 1; i < scores.length; i++) {
        if (scores[i] > scores[best]) {
          best = i;
        }
      }
      return best;
    }

    private static List<String> grams(String text) {
      int[] characters = ("^" + text + "$").codePoints().toArray();
      List<String> grams = new ArrayList<>();
      for (int start = 0; start < characters.length; start++) {
        int longest = Math.min(LONGEST_GRAM, characters.length - start);
        for (int length = 1; length <= longest; length++) {
          grams.add(new String(characters, start, length));
        }
      }
      return grams;
    }
  }
}
