package dev.counterpoint.tasks.questionanswering;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleBiFunction;

/**
 * How right an answer is, as the evaluation script of SQuAD 2.0 has it: after taking away case,
 * punctuation (ASCII's), the articles a, an and the, and white space; the best over all answers
 * that were marked. Where none was marked, only the empty answer is right.
 */
final class AnswerScore {
  private AnswerScore() {}

  /** 1 where the answer is one of those marked, else 0. */
  static double exact(String answer, List<String> marked) {
    return best(answer, marked, (one, other) -> normalize(one).equals(normalize(other)) ? 1 : 0);
  }

  /** The harmonic mean of how many words of each are in the other. */
  static double f1(String answer, List<String> marked) {
    return best(answer, marked, AnswerScore::overlap);
  }

  private static double best(
      String answer, List<String> marked, ToDoubleBiFunction<String, String> score) {
    List<String> worded = marked.stream().filter(text -> !normalize(text).isEmpty()).toList();
    return (worded.isEmpty() ? List.of("") : worded)
        .stream().mapToDouble(text -> score.applyAsDouble(answer, text)).max().orElseThrow();
  }

  private static double overlap(String answer, String marked) {
    List<String> found = words(answer);
    List<String> wanted = words(marked);
    if (found.isEmpty() || wanted.isEmpty()) {
      return found.equals(wanted) ? 1 : 0;
    }
    Map<String, Integer> left = new HashMap<>();
    wanted.forEach(word -> left.merge(word, 1, Integer::sum));
    double common = 0;
    for (String word : found) {
      common += left.merge(word, -1, Integer::sum) >= 0 ? 1 : 0;
    }
    return 2 * common / (found.size() + wanted.size());
  }

  private static List<String> words(String text) {
    String normal = normalize(text);
    return normal.isEmpty() ? List.of() : Arrays.asList(normal.split(" "));
  }

  /** What is compared of a text. */
  static String normalize(String text) {
    return text.toLowerCase(Locale.ROOT)
        .replaceAll("\\p{Punct}", "")
        .replaceAll("(?U)\\b(a|an|the)\\b", " ")
        .replaceAll("(?U)\\s+", " ")
        .strip();
  }
}
