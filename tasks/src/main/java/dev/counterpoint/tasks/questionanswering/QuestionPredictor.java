package dev.counterpoint.tasks.questionanswering;

import dev.counterpoint.core.data.HostTensor;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.model.Predictor;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.tasks.table.Surrogates;
import dev.counterpoint.tasks.tokenizer.Tokenizer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/** Answers questions about a context with a trained model. Thread-safe. */
public final class QuestionPredictor implements AutoCloseable {
  /** Number of windows in one forward pass. */
  private static final int BATCH_SIZE = 32;

  private final Predictor predictor;
  private final Windows windows;
  private final int paddingId;
  private final SpanSearch search;
  private final boolean noneAllowed;

  /**
   * Creates a predictor and switches the model to evaluation mode.
   *
   * @param maxLength the maximum number of tokens of a window
   * @param extraction the settings that the model was trained with
   */
  public QuestionPredictor(
      BaseModel model, Tokenizer tokenizer, int maxLength, AnswerExtraction extraction)
      throws IOException {
    predictor = new Predictor(model);
    windows = new Windows(tokenizer, maxLength, Math.min(extraction.stride(), maxLength / 2));
    search = SpanSearch.of(extraction.maxAnswer());
    noneAllowed = extraction.noneAllowed();
    paddingId = tokenizer.special().padding();
  }

  /** A question and its context. Neither may be blank or contain unpaired surrogates. */
  public record Input(String question, String context) {
    public Input {
      if (context.isBlank() || question.isBlank()) {
        throw new InvalidSettings("The question and its context must not be empty.");
      }
      if (Surrogates.areUnpairedIn(context) || Surrogates.areUnpairedIn(question)) {
        throw new InvalidSettings(
            "The question or its context has an unpaired surrogate, which is not a valid"
                + " character.");
      }
    }
  }

  /**
   * Predicted answer.
   *
   * @param text the answer; empty if the context has no answer
   * @param probability the softmax of the score over all distinct answers found
   * @param start the position in the context, in Unicode code points; -1 if there is no answer
   * @param end the end position, exclusive; -1 if there is no answer
   */
  public record Answer(String text, double probability, int start, int end) {}

  /**
   * Returns the most likely answers to each question, by descending probability. "No answer" is one
   * of the candidates if questions can have no answer; otherwise it is returned only if no answer
   * was found. The windows of all questions are batched together.
   *
   * @param topK the maximum number of answers per question
   */
  public List<List<Answer>> answers(List<Input> inputs, int topK) {
    List<Question> questions =
        inputs.stream()
            .map(it -> new Question("", it.question(), it.context(), List.of()))
            .toList();
    List<Window> allWindows =
        IntStream.range(0, questions.size())
            .boxed()
            .flatMap(i -> windows.split(questions.get(i), i).stream())
            .toList();
    List<Candidates> candidates = questions.stream().map(Candidates::new).toList();
    for (int from = 0; from < allWindows.size(); from += BATCH_SIZE) {
      List<Window> batch = allWindows.subList(from, Math.min(allWindows.size(), from + BATCH_SIZE));
      HostTensor logits =
          predictor.predict(WindowBatch.of(batch, new long[batch.size()], paddingId));
      for (int row = 0; row < batch.size(); row++) {
        candidates.get(batch.get(row).question()).add(batch.get(row), logits, row);
      }
    }
    return candidates.stream().map(it -> it.answers(topK)).toList();
  }

  /** Answers found in the windows of one question. */
  private final class Candidates {
    private final Question question;
    private final List<SpanSearch.Span> spans = new ArrayList<>();
    private double noAnswerScore = Double.POSITIVE_INFINITY;

    Candidates(Question question) {
      this.question = question;
    }

    void add(Window window, HostTensor logits, int row) {
      int tokens = (int) logits.shape().get(1);
      spans.addAll(search.find(window, logits.floats(), row, tokens));
      noAnswerScore =
          Math.min(noAnswerScore, SpanSearch.noAnswerScore(logits.floats(), row, tokens));
    }

    List<Answer> answers(int topK) {
      List<SpanSearch.Span> candidates = new ArrayList<>(spans);
      if (noneAllowed || candidates.isEmpty()) {
        candidates.add(new SpanSearch.Span(-1, -1, noAnswerScore));
      }
      return QuestionPredictor.answers(question, candidates, topK);
    }
  }

  private static List<Answer> answers(Question question, List<SpanSearch.Span> spans, int topK) {
    spans.sort(Comparator.comparingDouble(SpanSearch.Span::score).reversed());
    double highest = spans.get(0).score();
    List<SpanSearch.Span> distinct = distinct(spans);
    double total = distinct.stream().mapToDouble(span -> Math.exp(span.score() - highest)).sum();
    return distinct.stream()
        .limit(topK)
        .map(
            span ->
                new Answer(
                    span.start() < 0 ? "" : question.part(span.start(), span.end()),
                    Math.exp(span.score() - highest) / total,
                    span.start(),
                    span.end()))
        .toList();
  }

  /** Removes duplicates, which occur because windows overlap. */
  private static List<SpanSearch.Span> distinct(List<SpanSearch.Span> spans) {
    Set<List<Integer>> seen = new LinkedHashSet<>();
    return spans.stream().filter(it -> seen.add(List.of(it.start(), it.end()))).toList();
  }

  @Override
  public void close() {
    windows.close();
  }
}
