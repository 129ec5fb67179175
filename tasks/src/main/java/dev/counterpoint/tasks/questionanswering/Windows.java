package dev.counterpoint.tasks.questionanswering;

import ai.djl.huggingface.tokenizers.Encoding;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import ai.djl.huggingface.tokenizers.jni.CharSpan;
import dev.counterpoint.tasks.tokenizer.Tokenizer;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/** Splits the contexts of questions into overlapping windows. */
final class Windows implements AutoCloseable {
  /**
   * Maximum number of question tokens, as in BERT's {@code run_squad.py}; longer questions are
   * truncated.
   */
  private static final int MAX_QUESTION_TOKENS = 64;

  /**
   * Sequence id of the second text of a pair; not every tokenizer distinguishes it by token type.
   */
  private static final long CONTEXT_SEQUENCE = 1;

  private final Tokenizer source;
  private final HuggingFaceTokenizer tokenizer;

  /**
   * Tokenizer without truncation, for the question alone: with {@code only_second}, the library
   * rejects a long single text.
   */
  private final HuggingFaceTokenizer questionTokenizer;

  /** A pair of empty texts, which has only special tokens. */
  private final Encoding empty;

  private final int maxQuestionTokens;

  /**
   * Loads a tokenizer for pairs of texts.
   *
   * @param maxLength the maximum number of tokens of a window
   * @param stride the number of context tokens that a window shares with the previous one
   */
  Windows(Tokenizer source, int maxLength, int stride) throws IOException {
    this.source = source;
    maxQuestionTokens = Math.min(MAX_QUESTION_TOKENS, maxLength / 4);
    tokenizer = source.load("only_second", maxLength, stride);
    questionTokenizer = source.load("do_not_truncate", Tokenizer.UNLIMITED, 0);
    empty = questionTokenizer.encode("", "", true, false);
  }

  /**
   * Returns the windows of one question.
   *
   * @param index the index of the question among all questions
   */
  List<Window> split(Question question, int index) {
    String text = truncateQuestion(question.text());
    int asked = encode(text).getIds().length;
    source.checkRoom(empty, tokenizer.getMaxLength(), tokenizer.getStride() + asked);
    String context = question.context();
    Encoding first =
        source.encode(() -> tokenizer.encode(text, context, true, true), text, context);
    int type = contextType(first);
    return Stream.concat(Stream.of(first), Arrays.stream(first.getOverflowing()))
        .map(encoding -> window(encoding, type, question, index))
        .toList();
  }

  private Encoding encode(String question) {
    return source.encode(() -> questionTokenizer.encode(question, false, false), question);
  }

  private String truncateQuestion(String text) {
    CharSpan[] spans = encode(text).getCharTokenSpans();
    return spans.length <= maxQuestionTokens
        ? text
        : text.substring(0, text.offsetByCodePoints(0, spans[maxQuestionTokens - 1].getEnd()));
  }

  /**
   * Reads the type from the first window: the overflowing ones have types that the tokenizer file
   * does not specify.
   */
  private static int contextType(Encoding first) {
    int from = contextFrom(first);
    return from < first.getTypeIds().length ? (int) first.getTypeIds()[from] : 0;
  }

  private static int contextFrom(Encoding encoding) {
    long[] sequences = encoding.getSequenceIds();
    int from = 0;
    while (from < sequences.length && sequences[from] != CONTEXT_SEQUENCE) {
      from++;
    }
    return from;
  }

  private static Window window(Encoding encoding, int type, Question question, int index) {
    int[] ids = Arrays.stream(encoding.getIds()).mapToInt(id -> (int) id).toArray();
    long[] sequences = encoding.getSequenceIds();
    CharSpan[] spans = encoding.getCharTokenSpans();
    int from = contextFrom(encoding);
    int to = from;
    while (to < ids.length && sequences[to] == CONTEXT_SEQUENCE) {
      to++;
    }
    int[] starts = Arrays.stream(spans, from, to).mapToInt(CharSpan::getStart).toArray();
    int[] ends = Arrays.stream(spans, from, to).mapToInt(CharSpan::getEnd).toArray();
    int[] answer = answerTokens(question, starts, ends);
    boolean containsAnswer = answer.length > 0;
    return new Window(
        index,
        ids,
        from,
        type,
        starts,
        ends,
        containsAnswer ? from + answer[0] : 0,
        containsAnswer ? from + answer[1] : 0);
  }

  /**
   * Returns the first and last token of the first reference answer; empty if the window does not
   * contain all of it.
   */
  private static int[] answerTokens(Question question, int[] starts, int[] ends) {
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
    questionTokenizer.close();
  }
}
