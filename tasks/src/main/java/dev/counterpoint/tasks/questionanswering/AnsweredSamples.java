package dev.counterpoint.tasks.questionanswering;

import dev.counterpoint.core.data.source.Samples;
import dev.counterpoint.core.model.BaseModel;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Some answers that are right and some that are wrong, of questions spread over those that a model
 * is validated with.
 *
 * @param length tokens of a window at most
 */
@SuppressWarnings("ArrayRecordComponent") // Never compared.
record AnsweredSamples(
    byte[] tokenizerJson,
    List<Question> questions,
    int paddingId,
    int length,
    AnswerExtraction answering)
    implements Samples {
  private static final int ASKED = 48;
  private static final int SHOWN_OF_EACH = 4;
  private static final int EXCERPT = 300;
  private static final String NONE = "(no answer)";

  @Override
  public List<Sample> of(BaseModel model) throws IOException {
    List<Question> asked = asked();
    List<Sample> right = new ArrayList<>();
    List<Sample> wrong = new ArrayList<>();
    try (QuestionPredictor predictor =
        new QuestionPredictor(model, tokenizerJson, paddingId, length, answering)) {
      List<List<QuestionPredictor.Answer>> answers =
          predictor.answers(
              asked.stream()
                  .map(it -> new QuestionPredictor.Asked(it.text(), it.context()))
                  .toList(),
              1);
      for (int i = 0; i < asked.size(); i++) {
        QuestionPredictor.Answer answer = answers.get(i).get(0);
        boolean exact = AnswerScore.exact(answer.text(), asked.get(i).answerTexts()) > 0;
        (exact ? right : wrong).add(sample(asked.get(i), answer, exact));
      }
    }
    List<Sample> shown = new ArrayList<>(first(right));
    shown.addAll(first(wrong));
    return shown;
  }

  private List<Question> asked() {
    List<Question> asked = new ArrayList<>();
    int step = Math.max(1, questions.size() / ASKED);
    for (int i = 0; i < questions.size() && asked.size() < ASKED; i += step) {
      Question question = questions.get(i);
      if (!question.text().isBlank() && !question.context().isBlank()) {
        asked.add(question);
      }
    }
    return asked;
  }

  private static List<Sample> first(List<Sample> samples) {
    return samples.subList(0, Math.min(SHOWN_OF_EACH, samples.size()));
  }

  private static Sample sample(Question question, QuestionPredictor.Answer answer, boolean exact) {
    String made = answer.start() < 0 ? NONE : answer.text();
    String marked =
        question.answers().isEmpty()
            ? NONE
            : String.join(" / ", question.answerTexts().stream().distinct().toList());
    return new Sample(
        excerpt(question, answer) + "\n" + question.text() + "\n",
        made,
        exact ? "right" : "wrong; marked: " + marked);
  }

  /** The text around an answer. */
  private static String excerpt(Question question, QuestionPredictor.Answer answer) {
    int all = question.context().codePointCount(0, question.context().length());
    int from = Math.max(0, Math.min(answer.start() - EXCERPT / 2, all - EXCERPT));
    int to = Math.min(all, from + EXCERPT);
    return (from > 0 ? "... " : "") + question.part(from, to) + (to < all ? " ..." : "");
  }
}
