package dev.counterpoint.tasks.questionanswering;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleBiFunction;

/**
 * Exact match and F1 of one answer, as in the evaluation script of SQuAD 2.0: case, ASCII
 * punctuation, the articles a, an and the, and extra white space are removed first, and the maximum
 * over all reference answers is taken. Without a reference answer, only the empty answer is
 * correct.
 */
final class AnswerScore {
  private AnswerScore() {}

  /** Exact match: 1 if the answer equals one of the references, otherwise 0. */
  static double exact(String answer, List<String> references) {
    return best(
        answer,
        references,
        (predicted, reference) -> normalize(predicted).equals(normalize(reference)) ? 1 : 0);
  }

  /** F1 score: the harmonic mean of word precision and recall. */
  static double f1(String answer, List<String> references) {
    return best(answer, references, AnswerScore::overlap);
  }

  private static double best(
      String answer, List<String> references, ToDoubleBiFunction<String, String> score) {
    List<String> nonEmpty = references.stream().filter(text -> !normalize(text).isEmpty()).toList();
    return (nonEmpty.isEmpty() ? List.of("") : nonEmpty)
        .stream().mapToDouble(text -> score.applyAsDouble(answer, text)).max().orElseThrow();
  }

  private static double overlap(String answer, String reference) {
    List<String> predictedWords = words(answer);
    List<String> referenceWords = words(reference);
    if (predictedWords.isEmpty() || referenceWords.isEmpty()) {
      return predictedWords.equals(referenceWords) ? 1 : 0;
    }
    Map<String, Integer> remaining = new HashMap<>();
    referenceWords.forEach(word -> remaining.merge(word, 1, Integer::sum));
    double common = 0;
    for (String word : predictedWords) {
      common += remaining.merge(word, -1, Integer::sum) >= 0 ? 1 : 0;
    }
    return 2 * common / (predictedWords.size() + referenceWords.size());
  }

  private static List<String> words(String text) {
    String normal = normalize(text);
    return normal.isEmpty() ? List.of() : Arrays.asList(normal.split(" "));
  }

  /** Normalizes a text for comparison. */
  static String normalize(String text) {
    return text.toLowerCase(Locale.ROOT)
        .replaceAll("\\p{Punct}", "")
        .replaceAll("(?U)\\b(a|an|the)\\b", " ")
        .replaceAll("(?U)\\s+", " ")
        .strip();
  }
}
