package dev.counterpoint.tasks.questionanswering;

import java.util.List;

/**
 * A question about a context. Positions in the context are 0-based and counted in Unicode code
 * points, as in SQuAD files and the Hugging Face tokenizers.
 *
 * @param text the question itself
 * @param answers the reference answers, each marked by one annotator; empty if the context has no
 *     answer
 */
record Question(String id, String text, String context, List<Answer> answers) {
  Question {
    answers = List.copyOf(answers);
  }

  /** A reference answer and its position in the context. */
  record Answer(String text, int start) {
    int end() {
      return start + text.codePointCount(0, text.length());
    }
  }

  List<String> answerTexts() {
    return answers.stream().map(Answer::text).toList();
  }

  /** A part of the context. */
  String part(int start, int end) {
    int from = context.offsetByCodePoints(0, start);
    return context.substring(from, context.offsetByCodePoints(from, end - start));
  }
}
