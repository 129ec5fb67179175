package dev.counterpoint.tasks.questionanswering;

import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.metric.Metric;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Exact match and F1 of SQuAD, from 0 to 1, for the highest-scoring answer over all windows of a
 * question. If a question can have no answer, "no answer" is predicted if its lowest score over the
 * windows is higher than the score of the best answer.
 *
 * <p>The sums hold five values for each window of all splits, so that windows can be measured in
 * any order and by several processes, including processes without any window of the split.
 */
final class SquadMetric implements Metric.Maximized {
  private static final int MEASURED = 0;
  private static final int SCORE = 1;
  private static final int EXACT = 2;
  private static final int F1 = 3;
  private static final int NO_ANSWER = 4;
  private static final int VALUES_PER_WINDOW = 5;
  private static final double NO_SPAN_SCORE = -1e30;

  private final QuestionSet set;
  private final SpanSearch search;
  private final boolean noneAllowed;
  private final boolean hasUnanswerable;
  private final double[] values;

  SquadMetric(QuestionSet set, SpanSearch search, boolean noneAllowed) {
    this.noneAllowed = noneAllowed;
    this.set = set;
    this.search = search;
    hasUnanswerable = set.hasUnanswerable();
    values = new double[VALUES_PER_WINDOW * set.windows().size()];
  }

  @Override
  public void add(NDArray output, Batch batch) {
    float[] logits = output.toFloatArray();
    int tokens = (int) output.getShape().get(1);
    long[] windows = batch.get(WindowBatch.WINDOWS).toLongArray();
    for (int row = 0; row < windows.length; row++) {
      add((int) windows[row], logits, row, tokens);
    }
  }

  private void add(int index, float[] logits, int row, int tokens) {
    Window window = set.windows().get(index);
    Question question = set.questions().get(window.question());
    List<SpanSearch.Span> spans = search.find(window, logits, row, tokens);
    int offset = VALUES_PER_WINDOW * index;
    values[offset + MEASURED] = 1;
    values[offset + NO_ANSWER] = SpanSearch.noAnswerScore(logits, row, tokens);
    values[offset + SCORE] = NO_SPAN_SCORE;
    if (!spans.isEmpty()) {
      SpanSearch.Span best = spans.get(0);
      String answer = question.part(best.start(), best.end());
      values[offset + SCORE] = best.score();
      values[offset + EXACT] = AnswerScore.exact(answer, question.answerTexts());
      values[offset + F1] = AnswerScore.f1(answer, question.answerTexts());
    }
  }

  @Override
  public double[] sums() {
    return values.clone();
  }

  /** Best answer of a question over its windows. */
  private static final class Best {
    private double score = Double.NEGATIVE_INFINITY;
    private double exact;
    private double f1;
    private double noAnswer = Double.POSITIVE_INFINITY;

    void add(double[] sums, int offset) {
      noAnswer = Math.min(noAnswer, sums[offset + NO_ANSWER]);
      if (sums[offset + SCORE] > score) {
        score = sums[offset + SCORE];
        exact = sums[offset + EXACT];
        f1 = sums[offset + F1];
      }
    }
  }

  @Override
  public Map<String, Double> values(double[] sums) {
    Map<Integer, Best> questions = new TreeMap<>();
    for (int i = 0; i < set.windows().size(); i++) {
      if (sums[VALUES_PER_WINDOW * i + MEASURED] > 0) {
        questions
            .computeIfAbsent(set.windows().get(i).question(), index -> new Best())
            .add(sums, VALUES_PER_WINDOW * i);
      }
    }
    Means allMeans = new Means();
    Means answerableMeans = new Means();
    Means unanswerableMeans = new Means();
    questions.forEach(
        (index, best) -> {
          boolean answerable = !set.questions().get(index).answers().isEmpty();
          boolean noAnswer = noneAllowed && best.noAnswer > best.score;
          double exact = noAnswer ? (answerable ? 0 : 1) : best.exact;
          double f1 = noAnswer ? (answerable ? 0 : 1) : best.f1;
          allMeans.add(exact, f1);
          (answerable ? answerableMeans : unanswerableMeans).add(exact, f1);
        });
    Map<String, Double> results = new LinkedHashMap<>();
    results.put("exactMatch", allMeans.exact());
    results.put("f1", allMeans.f1());
    if (hasUnanswerable) {
      results.put("exactMatch.answerable", answerableMeans.exact());
      results.put("f1.answerable", answerableMeans.f1());
      results.put("exactMatch.unanswerable", unanswerableMeans.exact());
    }
    return results;
  }

  /** Means over questions; NaN if there are none. */
  private static final class Means {
    private double exact;
    private double f1;
    private int count;

    void add(double exact, double f1) {
      this.exact += exact;
      this.f1 += f1;
      count++;
    }

    double exact() {
      return exact / count;
    }

    double f1() {
      return f1 / count;
    }
  }
}
