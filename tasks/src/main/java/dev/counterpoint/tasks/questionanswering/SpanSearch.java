package dev.counterpoint.tasks.questionanswering;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;

/**
 * Finds the most likely answer spans in a window: all pairs of a top start token and a top end
 * token that are in the context, in order and not too long.
 *
 * @param nBest the number of top start and end tokens considered
 * @param maxTokens the maximum number of tokens of an answer
 */
record SpanSearch(int nBest, int maxTokens) {
  private static final int DEFAULT_N_BEST = 20;

  /** A search with the n-best size of BERT's {@code run_squad.py}, 20. */
  static SpanSearch of(int maxTokens) {
    return new SpanSearch(DEFAULT_N_BEST, maxTokens);
  }

  /**
   * An answer span.
   *
   * @param start the position in the context, in code points
   * @param end the end position, exclusive
   * @param score the sum of the start and end logits
   */
  record Span(int start, int end, double score) {}

  /**
   * Searches one window.
   *
   * @param logits the start and end logits, (batch, tokens, 2)
   * @param row the row of the window in the batch
   * @param tokens the number of tokens of a row
   * @return the spans by descending score
   */
  List<Span> find(Window window, float[] logits, int row, int tokens) {
    int[] starts = top(window, token -> logit(logits, row, tokens, token, 0));
    int[] ends = top(window, token -> logit(logits, row, tokens, token, 1));
    List<Span> spans = new ArrayList<>();
    for (int start : starts) {
      for (int end : ends) {
        if (start <= end && end - start < maxTokens) {
          double score = logit(logits, row, tokens, start, 0) + logit(logits, row, tokens, end, 1);
          spans.add(new Span(window.start(start), window.end(end), score));
        }
      }
    }
    spans.sort(Comparator.comparingDouble(Span::score).reversed());
    return spans;
  }

  /** Score of "no answer" for a window, comparable to the scores of spans. */
  static double noAnswerScore(float[] logits, int row, int tokens) {
    return logit(logits, row, tokens, 0, 0) + logit(logits, row, tokens, 0, 1);
  }

  private static double logit(float[] logits, int row, int tokens, int token, int end) {
    return logits[(row * tokens + token) * 2 + end];
  }

  private int[] top(Window window, IntToDoubleFunction logit) {
    return IntStream.range(0, window.ids().length)
        .boxed()
        .sorted(Comparator.comparingDouble((Integer token) -> -logit.applyAsDouble(token)))
        .limit(nBest)
        .mapToInt(token -> token)
        .filter(window::isContext)
        .toArray();
  }
}
