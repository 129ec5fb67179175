package dev.counterpoint.tasks.questionanswering;

import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.metric.Metric;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Exact match and F1 of SQuAD, from 0 to 1, the likeliest answer of all windows of a question being
 * taken. Where some texts of the data have no answer, "none" is taken if it is likelier than the
 * best answer in every window.
 *
 * <p>The sums have five numbers of their own for each window of all splits, so that windows may be
 * measured in any order and by several processes, also by one that gets none of the split's.
 */
final class SquadMetric implements Metric {
  private static final int SEEN = 0;
  private static final int SCORE = 1;
  private static final int EXACT = 2;
  private static final int F1 = 3;
  private static final int NONE = 4;
  private static final int NUMBERS = 5;
  private static final double NOTHING_FOUND = -1e30;

  private final QuestionSet set;
  private final SpanSearch search;
  private final boolean someUnanswerable;
  private final double[] numbers;

  SquadMetric(QuestionSet set, SpanSearch search) {
    this.set = set;
    this.search = search;
    someUnanswerable = set.someUnanswerable();
    numbers = new double[NUMBERS * set.windows().size()];
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

  private void add(int number, float[] logits, int row, int tokens) {
    Window window = set.windows().get(number);
    Question question = set.questions().get(window.question());
    List<SpanSearch.Span> spans = search.find(window, logits, row, tokens);
    int at = NUMBERS * number;
    numbers[at + SEEN] = 1;
    numbers[at + NONE] = SpanSearch.none(logits, row, tokens);
    numbers[at + SCORE] = NOTHING_FOUND;
    if (!spans.isEmpty()) {
      SpanSearch.Span best = spans.get(0);
      String answer = question.part(best.start(), best.end());
      numbers[at + SCORE] = best.score();
      numbers[at + EXACT] = AnswerScore.exact(answer, question.answerTexts());
      numbers[at + F1] = AnswerScore.f1(answer, question.answerTexts());
    }
  }

  @Override
  public double[] sums() {
    return numbers.clone();
  }

  /** The best of a question over its windows. */
  private static final class Best {
    private double score = Double.NEGATIVE_INFINITY;
    private double exact;
    private double f1;
    private double none = Double.POSITIVE_INFINITY;

    void add(double[] sums, int at) {
      none = Math.min(none, sums[at + NONE]);
      if (sums[at + SCORE] > score) {
        score = sums[at + SCORE];
        exact = sums[at + EXACT];
        f1 = sums[at + F1];
      }
    }
  }

  @Override
  public Map<String, Double> values(double[] sums) {
    Map<Integer, Best> questions = new TreeMap<>();
    for (int i = 0; i < set.windows().size(); i++) {
      if (sums[NUMBERS * i + SEEN] > 0) {
        questions
            .computeIfAbsent(set.windows().get(i).question(), number -> new Best())
            .add(sums, NUMBERS * i);
      }
    }
    Means all = new Means();
    Means answered = new Means();
    Means unanswerable = new Means();
    questions.forEach(
        (number, best) -> {
          boolean answerable = !set.questions().get(number).answers().isEmpty();
          boolean none = someUnanswerable && best.none > best.score;
          double exact = none ? (answerable ? 0 : 1) : best.exact;
          double f1 = none ? (answerable ? 0 : 1) : best.f1;
          all.add(exact, f1);
          (answerable ? answered : unanswerable).add(exact, f1);
        });
    Map<String, Double> values = new LinkedHashMap<>();
    values.put("exactMatch", all.exact());
    values.put("f1", all.f1());
    if (someUnanswerable) {
      values.put("exactMatch.answerable", answered.exact());
      values.put("f1.answerable", answered.f1());
      values.put("exactMatch.unanswerable", unanswerable.exact());
    }
    return values;
  }

  /** Means over questions; NaN over none. */
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
