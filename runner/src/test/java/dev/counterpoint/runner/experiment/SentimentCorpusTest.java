package dev.counterpoint.runner.experiment;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SentimentCorpusTest {
  private static final Map<String, List<LabelledText>> SPLITS = new SentimentCorpus().splits();

  @Test
  void splitsHaveTheDocumentedSizes() {
    assertThat(SPLITS.keySet()).containsExactly("train", "validation", "test", "nested");
    assertThat(SPLITS.values()).extracting(List::size).containsExactly(9600, 1200, 1200, 1200);
  }

  @Test
  void everySplitIsBalanced() {
    SPLITS
        .values()
        .forEach(
            split ->
                assertThat(split.stream().filter(it -> it.label().equals("positive")).count())
                    .isEqualTo(split.size() / 2));
  }

  @Test
  void reviewsAreDistinct() {
    List<String> texts =
        SPLITS.values().stream().flatMap(List::stream).map(LabelledText::text).toList();
    assertThat(texts).doesNotHaveDuplicates();
  }

  @Test
  void corpusIsDeterministic() {
    assertThat(new SentimentCorpus().splits()).isEqualTo(SPLITS);
  }

  @Test
  void productsOfValidationDoNotOccurInTraining() {
    assertThat(SPLITS.get("train"))
        .noneMatch(it -> it.text().matches("(?i).*\\b(stove|trimmer|dryer|juicer)\\b.*"));
  }

  @Test
  void singleWordsDoNotDetermineTheSentiment() {
    assertThat(bestAccuracy(1)).isLessThan(0.75);
  }

  @Test
  void wordPairsDoNotDetermineTheSentiment() {
    assertThat(bestAccuracy(2)).isLessThan(0.85);
  }

  /**
   * Returns the validation accuracy of logistic regression on n-grams, at the best of three weight
   * decays.
   */
  private static double bestAccuracy(int maxLength) {
    double best = 0;
    for (double decay : new double[] {1e-5, 1e-4, 1e-3}) {
      LogisticRegression model = new LogisticRegression(maxLength);
      model.train(SPLITS.get("train"), decay);
      best = Math.max(best, model.accuracy(SPLITS.get("validation")));
    }
    return best;
  }

  /** Logistic regression, trained by averaged stochastic gradient descent over twenty epochs. */
  private static final class LogisticRegression {
    private static final int PASSES = 20;

    private final int maxLength;
    private final Map<String, Integer> ids = new HashMap<>();
    private double[] weights = new double[0];

    LogisticRegression(int maxLength) {
      this.maxLength = maxLength;
    }

    void train(List<LabelledText> reviews, double decay) {
      List<int[]> features = new ArrayList<>();
      reviews.forEach(it -> features.add(features(it.text(), true)));
      double[] at = new double[ids.size()];
      double[] sum = new double[ids.size()];
      for (int pass = 0; pass < PASSES; pass++) {
        double rate = 0.5 / (1 + pass);
        for (int i = 0; i < reviews.size(); i++) {
          double target = reviews.get(i).label().equals("positive") ? 1 : 0;
          double error = target - 1 / (1 + Math.exp(-score(at, features.get(i))));
          for (int id : features.get(i)) {
            at[id] += rate * (error - decay * at[id]);
          }
        }
        for (int id = 0; id < at.length; id++) {
          sum[id] += pass >= PASSES / 2 ? at[id] : 0;
        }
      }
      weights = sum;
    }

    double accuracy(List<LabelledText> reviews) {
      long right =
          reviews.stream()
              .filter(
                  it ->
                      (score(weights, features(it.text(), false)) > 0)
                          == it.label().equals("positive"))
              .count();
      return (double) right / reviews.size();
    }

    private static double score(double[] weights, int[] features) {
      return IntStream.of(features).mapToDouble(id -> weights[id]).sum();
    }

    private int[] features(String text, boolean learn) {
      String[] words = text.toLowerCase(Locale.ROOT).replaceAll("([.,;:])", " $1").split("\\s+");
      Set<Integer> found = new HashSet<>();
      for (int length = 1; length <= maxLength; length++) {
        for (int i = 0; i + length <= words.length; i++) {
          String feature = String.join(" ", List.of(words).subList(i, i + length));
          Integer id = learn ? ids.computeIfAbsent(feature, key -> ids.size()) : ids.get(feature);
          if (id != null) {
            found.add(id);
          }
        }
      }
      return found.stream().mapToInt(Integer::intValue).toArray();
    }
  }
}
