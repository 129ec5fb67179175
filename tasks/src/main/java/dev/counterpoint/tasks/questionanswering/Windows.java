package dev.counterpoint.tasks.questionanswering;

import ai.djl.huggingface.tokenizers.Encoding;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import ai.djl.huggingface.tokenizers.jni.CharSpan;
import dev.counterpoint.core.settings.InvalidSettings;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** Cuts the texts of questions into windows that overlap. */
final class Windows implements AutoCloseable {
  /** Tokens of a question at most, as in BERT's own script; a longer one is cut. */
  private static final int LONGEST_QUESTION = 64;

  /** The number of the second text of a pair; types of tokens do not tell it in every tokenizer. */
  private static final long CONTEXT = 1;

  private final HuggingFaceTokenizer tokenizer;

  /** It cuts nothing: what cuts the second text of a pair refuses a long one that is alone. */
  private final HuggingFaceTokenizer ofQuestion;

  private final int longestQuestion;

  /**
   * Loads a tokenizer that puts pairs of texts together.
   *
   * @param json a {@code tokenizer.json}
   * @param maxLength tokens of a window at most
   * @param stride tokens of the text that a window has in common with the one before
   */
  Windows(byte[] json, int maxLength, int stride) throws IOException {
    longestQuestion = Math.min(LONGEST_QUESTION, maxLength / 4);
    String length = Integer.toString(maxLength);
    tokenizer =
        load(
            json,
            Map.of(
                "truncation",
                "only_second",
                "maxLength",
                length,
                "modelMaxLength",
                length,
                "stride",
                Integer.toString(stride),
                "padding",
                "false"));
    ofQuestion = load(json, Map.of("truncation", "do_not_truncate", "padding", "false"));
  }

  private static HuggingFaceTokenizer load(byte[] json, Map<String, String> options)
      throws IOException {
    try {
      return HuggingFaceTokenizer.newInstance(new ByteArrayInputStream(json), options);
    } catch (RuntimeException e) {
      throw new InvalidSettings("The tokenizer cannot be read: " + e.getMessage());
    }
  }

  /**
   * The windows of one question.
   *
   * @param number of the question among all
   */
  List<Window> cut(Question question, int number) {
    Encoding first = tokenizer.encode(cutQuestion(question.text()), question.context(), true, true);
    int type = contextType(first);
    List<Window> windows = new ArrayList<>();
    windows.add(window(first, type, question, number));
    for (Encoding more : first.getOverflowing()) {
      windows.add(window(more, type, question, number));
    }
    return windows;
  }

  private String cutQuestion(String text) {
    Encoding encoding = ofQuestion.encode(text, false, false);
    CharSpan[] spans = encoding.getCharTokenSpans();
    return spans.length <= longestQuestion
        ? text
        : text.substring(0, text.offsetByCodePoints(0, spans[longestQuestion - 1].getEnd()));
  }

  /** Of the first window: those that overflow have types that the tokenizer's file does not say. */
  private static int contextType(Encoding first) {
    int from = contextFrom(first);
    return from < first.getTypeIds().length ? (int) first.getTypeIds()[from] : 0;
  }

  private static int contextFrom(Encoding encoding) {
    long[] sequences = encoding.getSequenceIds();
    int from = 0;
    while (from < sequences.length && sequences[from] != CONTEXT) {
      from++;
    }
    return from;
  }

  private static Window window(Encoding encoding, int type, Question question, int number) {
    int[] ids = Arrays.stream(encoding.getIds()).mapToInt(id -> (int) id).toArray();
    long[] sequences = encoding.getSequenceIds();
    CharSpan[] spans = encoding.getCharTokenSpans();
    int from = contextFrom(encoding);
    int to = from;
    while (to < ids.length && sequences[to] == CONTEXT) {
      to++;
    }
    int[] starts = Arrays.stream(spans, from, to).mapToInt(CharSpan::getStart).toArray();
    int[] ends = Arrays.stream(spans, from, to).mapToInt(CharSpan::getEnd).toArray();
    int[] answer = place(question, starts, ends);
    boolean inside = answer.length > 0;
    return new Window(
        number,
        ids,
        from,
        type,
        starts,
        ends,
        inside ? from + answer[0] : 0,
        inside ? from + answer[1] : 0);
  }

  /** The tokens that the first answer begins and ends with; nothing where it is not in them all. */
  private static int[] place(Question question, int[] starts, int[] ends) {
    if (question.answers().isEmpty() || starts.length == 0) {
      return new int[0];
    }
    Question.Answer answer = question.answers().get(0);
    if (starts[0] > answer.start() || ends[ends.length - 1] < answer.end()) {
      return new int[0];
    }
    int first = 0;
    while (first + 1 < starts.length && starts[first + 1] <= answer.start()) {
      first++;
    }
    int last = ends.length - 1;
    while (last > first && ends[last - 1] >= answer.end()) {
      last--;
    }
    return new int[] {first, last};
  }

  @Override
  public void close() {
    tokenizer.close();
    ofQuestion.close();
  }
}
