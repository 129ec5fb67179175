package dev.counterpoint.tasks.questionanswering;

import dev.counterpoint.core.data.HostTensor;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.model.Predictor;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.tasks.table.Surrogates;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Answers questions from texts by a trained model. Any number of threads may ask at once. */
public final class QuestionPredictor implements AutoCloseable {
  /** Windows that are computed at once. */
  private static final int BATCH = 32;

  private final Predictor predictor;
  private final Windows windows;
  private final int paddingId;
  private final SpanSearch search;
  private final boolean noneAllowed;

  /**
   * Puts the model into evaluation.
   *
   * @param tokenizerJson the content of the model's {@code tokenizer.json}
   * @param maxLength the most tokens of a window
   * @param answering as the model was trained
   */
  public QuestionPredictor(
      BaseModel model,
      byte[] tokenizerJson,
      int paddingId,
      int maxLength,
      AnswerExtraction answering)
      throws IOException {
    predictor = new Predictor(model);
    windows = new Windows(tokenizerJson, maxLength, Math.min(answering.stride(), maxLength / 2));
    search = SpanSearch.of(answering.maxAnswer());
    noneAllowed = answering.noneAllowed();
    this.paddingId = paddingId;
  }

  /** A question and the text that its answer stands in; neither may be blank, or no Unicode. */
  public record Asked(String question, String context) {
    public Asked {
      if (context.isBlank() || question.isBlank()) {
        throw new InvalidSettings(
            "A question and the text that its answer stands in may not be empty.");
      }
      if (Surrogates.areUnpairedIn(context) || Surrogates.areUnpairedIn(question)) {
        throw new InvalidSettings(
            "A question or the text that its answer stands in has half of a surrogate pair, which"
                + " is no character.");
      }
    }
  }

  /**
   * What may be the answer.
   *
   * @param text empty where it is that the text has none
   * @param probability by the softmax of the scores of those that were found
   * @param start its place in the text, in Unicode code points; -1 where there is none
   * @param end the place behind it
   */
  public record Answer(String text, double probability, int start, int end) {}

  /**
   * The likeliest answers, the likeliest first. That there is none is one of them where texts may
   * have none; else it is told only where nothing was found.
   *
   * @param most how many
   */
  public List<Answer> answer(String question, String context, int most) {
    return answers(List.of(new Asked(question, context)), most).get(0);
  }

  /**
   * The likeliest answers of each question, the windows of all of them being computed together.
   *
   * @param most how many of each
   */
  public List<List<Answer>> answers(List<Asked> all, int most) {
    List<Question> questions =
        all.stream().map(it -> new Question("", it.question(), it.context(), List.of())).toList();
    List<Window> cut = new ArrayList<>();
    for (int i = 0; i < questions.size(); i++) {
      cut.addAll(windows.cut(questions.get(i), i));
    }
    List<Found> found = questions.stream().map(Found::new).toList();
    for (int from = 0; from < cut.size(); from += BATCH) {
      List<Window> some = cut.subList(from, Math.min(cut.size(), from + BATCH));
      HostTensor logits = predictor.predict(WindowBatch.of(some, new long[some.size()], paddingId));
      for (int row = 0; row < some.size(); row++) {
        found.get(some.get(row).question()).add(some.get(row), logits, row);
      }
    }
    return found.stream().map(it -> it.answers(most)).toList();
  }

  /** What the windows of one question have brought. */
  private final class Found {
    private final Question asked;
    private final List<SpanSearch.Span> spans = new ArrayList<>();
    private double none = Double.POSITIVE_INFINITY;

    Found(Question asked) {
      this.asked = asked;
    }

    void add(Window window, HostTensor logits, int row) {
      int tokens = (int) logits.shape().get(1);
      spans.addAll(search.find(window, logits.floats(), row, tokens));
      none = Math.min(none, SpanSearch.none(logits.floats(), row, tokens));
    }

    List<Answer> answers(int most) {
      List<SpanSearch.Span> all = new ArrayList<>(spans);
      if (noneAllowed || all.isEmpty()) {
        all.add(new SpanSearch.Span(-1, -1, none));
      }
      return QuestionPredictor.answers(asked, all, most);
    }
  }

  private static List<Answer> answers(Question asked, List<SpanSearch.Span> spans, int most) {
    spans.sort(Comparator.comparingDouble(SpanSearch.Span::score).reversed());
    double highest = spans.get(0).score();
    List<SpanSearch.Span> kept = distinct(spans);
    double total = kept.stream().mapToDouble(span -> Math.exp(span.score() - highest)).sum();
    return kept.stream()
        .limit(most)
        .map(
            span ->
                new Answer(
                    span.start() < 0 ? "" : asked.part(span.start(), span.end()),
                    Math.exp(span.score() - highest) / total,
                    span.start(),
                    span.end()))
        .toList();
  }

  /** Windows overlap, so that an answer may be found twice. */
  private static List<SpanSearch.Span> distinct(List<SpanSearch.Span> spans) {
    Set<List<Integer>> places = new LinkedHashSet<>();
    return spans.stream().filter(it -> places.add(List.of(it.start(), it.end()))).toList();
  }

  @Override
  public void close() {
    windows.close();
  }
}
