package dev.counterpoint.tasks.questionanswering;

import java.util.List;

/**
 * A question about a text. Places in a text are counted in Unicode code points from 0, as SQuAD's
 * files and Hugging Face's tokenizers do.
 *
 * @param answers where the answer stands, each as one person marked it; empty where the text has
 *     none
 */
record Question(String id, String text, String context, List<Answer> answers) {
  Question {
    answers = List.copyOf(answers);
  }

  /** What was marked. */
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
