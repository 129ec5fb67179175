package dev.counterpoint.core.data.question;

import dev.counterpoint.core.data.HostTensor;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.model.Predictor;
import dev.counterpoint.core.settings.InvalidSettings;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Answers questions from texts by a trained model. Any number of threads may ask at once. */
public final class QuestionPredictor implements AutoCloseable {
  private static final int STRIDE = 128;

  private final Predictor predictor;
  private final Windows windows;
  private final int paddingId;

  /**
   * Puts the model into evaluation.
   *
   * @param tokenizerJson the content of the model's {@code tokenizer.json}
   * @param maxLength the most tokens that the model takes
   */
  public QuestionPredictor(BaseModel model, byte[] tokenizerJson, int paddingId, int maxLength)
      throws IOException {
    predictor = new Predictor(model);
    windows = new Windows(tokenizerJson, maxLength, Math.min(STRIDE, maxLength / 2));
    this.paddingId = paddingId;
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
   * The likeliest answers, the likeliest first.
   *
   * @param most how many
   */
  public List<Answer> answer(String question, String context, int most) {
    Question asked = new Question("", question, context, List.of());
    List<Window> cut = windows.cut(asked, 0);
    if (context.isBlank() || question.isBlank()) {
      throw new InvalidSettings(
          "A question and the text that its answer stands in may not be empty.");
    }
    HostTensor logits = predictor.predict(WindowBatch.of(cut, new long[cut.size()], paddingId));
    int tokens = (int) logits.shape().get(1);
    List<SpanSearch.Span> spans = new ArrayList<>();
    double none = Double.POSITIVE_INFINITY;
    for (int row = 0; row < cut.size(); row++) {
      spans.addAll(SpanSearch.USUAL.find(cut.get(row), logits.floats(), row, tokens));
      none = Math.min(none, SpanSearch.none(logits.floats(), row, tokens));
    }
    spans.add(new SpanSearch.Span(-1, -1, none));
    return answers(asked, spans, most);
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
