package dev.counterpoint.tasks.questionanswering;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;

/**
 * The likeliest answers in a window: every pair of one of the likeliest first tokens and one of the
 * likeliest last ones that is in the text, in order, and not too long.
 *
 * @param best how many of the likeliest first and last tokens are looked at
 * @param maxTokens of an answer
 */
record SpanSearch(int best, int maxTokens) {
  private static final int USUAL = 20;

  /** As many as BERT's own script looks at. */
  static SpanSearch of(int maxTokens) {
    return new SpanSearch(USUAL, maxTokens);
  }

  /**
   * An answer.
   *
   * @param start its place in the text, in code points
   * @param end the place behind it
   * @param score the sum of the logits of its ends
   */
  record Span(int start, int end, double score) {}

  /**
   * Searches a window.
   *
   * @param logits (batch, tokens, 2)
   * @param row of the window in the batch
   * @param tokens of a row
   * @return the likeliest first
   */
  List<Span> find(Window window, float[] logits, int row, int tokens) {
    int[] firsts = likeliest(window, token -> logit(logits, row, tokens, token, 0));
    int[] lasts = likeliest(window, token -> logit(logits, row, tokens, token, 1));
    List<Span> spans = new ArrayList<>();
    for (int first : firsts) {
      for (int last : lasts) {
        if (first <= last && last - first < maxTokens) {
          double score = logit(logits, row, tokens, first, 0) + logit(logits, row, tokens, last, 1);
          spans.add(new Span(window.start(first), window.end(last), score));
        }
      }
    }
    spans.sort(Comparator.comparingDouble(Span::score).reversed());
    return spans;
  }

  /** How likely it is that the window has no answer, against the scores of answers. */
  static double none(float[] logits, int row, int tokens) {
    return logit(logits, row, tokens, 0, 0) + logit(logits, row, tokens, 0, 1);
  }

  private static double logit(float[] logits, int row, int tokens, int token, int end) {
    return logits[(row * tokens + token) * 2 + end];
  }

  private int[] likeliest(Window window, IntToDoubleFunction logit) {
    return IntStream.range(0, window.ids().length)
        .boxed()
        .sorted(Comparator.comparingDouble((Integer token) -> -logit.applyAsDouble(token)))
        .limit(best)
        .mapToInt(token -> token)
        .filter(window::isContext)
        .toArray();
  }
}
