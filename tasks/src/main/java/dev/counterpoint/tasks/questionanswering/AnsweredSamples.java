package dev.counterpoint.tasks.questionanswering;

import dev.counterpoint.core.data.source.Samples;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.tasks.tokenizer.Tokenizer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Sample of correct and incorrect answers to validation questions, which are selected at equal
 * intervals.
 *
 * @param length the maximum number of tokens of a window
 */
record AnsweredSamples(
    Tokenizer tokenizer, List<Question> questions, int length, AnswerExtraction extraction)
    implements Samples {
  private static final int MAX_QUESTIONS = 48;
  private static final int MAX_SAMPLES_EACH = 4;
  private static final int EXCERPT_LENGTH = 300;
  private static final String NO_ANSWER = "(no answer)";

  @Override
  public List<Sample> of(BaseModel model) throws IOException {
    List<Question> selected = selectQuestions();
    List<Sample> correct = new ArrayList<>();
    List<Sample> incorrect = new ArrayList<>();
    try (QuestionPredictor predictor =
        new QuestionPredictor(model, tokenizer, length, extraction)) {
      List<List<QuestionPredictor.Answer>> answers =
          predictor.answers(
              selected.stream()
                  .map(it -> new QuestionPredictor.Input(it.text(), it.context()))
                  .toList(),
              1);
      for (int i = 0; i < selected.size(); i++) {
        QuestionPredictor.Answer answer = answers.get(i).get(0);
        boolean exact = AnswerScore.exact(answer.text(), selected.get(i).answerTexts()) > 0;
        (exact ? correct : incorrect).add(sample(selected.get(i), answer, exact));
      }
    }
    List<Sample> shown = new ArrayList<>(first(correct));
    shown.addAll(first(incorrect));
    return shown;
  }

  private List<Question> selectQuestions() {
    List<Question> selected = new ArrayList<>();
    int step = Math.max(1, questions.size() / MAX_QUESTIONS);
    for (int i = 0; i < questions.size() && selected.size() < MAX_QUESTIONS; i += step) {
      Question question = questions.get(i);
      if (!question.text().isBlank() && !question.context().isBlank()) {
        selected.add(question);
      }
    }
    return selected;
  }

  private static List<Sample> first(List<Sample> samples) {
    return samples.subList(0, Math.min(MAX_SAMPLES_EACH, samples.size()));
  }

  private static Sample sample(Question question, QuestionPredictor.Answer answer, boolean exact) {
    String prediction = answer.start() < 0 ? NO_ANSWER : answer.text();
    String references =
        question.answers().isEmpty()
            ? NO_ANSWER
            : String.join(" / ", question.answerTexts().stream().distinct().toList());
    return new Sample(
        excerpt(question, answer) + "\n" + question.text() + "\n",
        prediction,
        exact ? "correct" : "incorrect; reference: " + references);
  }

  /** The part of the context around an answer. */
  private static String excerpt(Question question, QuestionPredictor.Answer answer) {
    int total = question.context().codePointCount(0, question.context().length());
    int from = Math.max(0, Math.min(answer.start() - EXCERPT_LENGTH / 2, total - EXCERPT_LENGTH));
    int to = Math.min(total, from + EXCERPT_LENGTH);
    return (from > 0 ? "... " : "") + question.part(from, to) + (to < total ? " ..." : "");
  }
}
