package dev.counterpoint.tasks.questionanswering;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.data.Dataset;
import dev.counterpoint.core.data.HostBatch;
import dev.counterpoint.core.internal.storage.Json;
import dev.counterpoint.core.settings.Excerpt;
import dev.counterpoint.core.settings.InvalidSettings;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.LongPredicate;

/**
 * All questions of a run and their windows, numbered across all splits, so that a metric can look
 * up a window by its number.
 */
final class QuestionSet {
  private final List<Question> questions = new ArrayList<>();
  private final List<Window> windows = new ArrayList<>();
  private final int paddingId;

  QuestionSet(int paddingId) {
    this.paddingId = paddingId;
  }

  /** Adds the questions of a file as a split. */
  Split add(Path file, List<Question> added, Windows windower) {
    int from = windows.size();
    for (Question question : added) {
      List<Window> questionWindows = windower.split(question, questions.size());
      requireTokens(file, question, questionWindows);
      windows.addAll(questionWindows);
      questions.add(question);
    }
    return new Split(file, from, windows.size());
  }

  private static void requireTokens(Path file, Question question, List<Window> questionWindows) {
    if (!question.context().isBlank()
        && questionWindows.stream().allMatch(window -> window.starts().length == 0)) {
      throw new InvalidSettings(
          "%s, question %s: the tokenizer produces no tokens for its context, so no answer"
              + " can be found. Use another tokenizer, or remove the question.",
          file, Excerpt.ofItem(question.id()));
    }
  }

  List<Question> questions() {
    return questions;
  }

  List<Window> windows() {
    return windows;
  }

  /** Whether any question has no answer. */
  boolean hasUnanswerable() {
    return questions.stream().anyMatch(question -> question.answers().isEmpty());
  }

  /** Dataset of the windows of one file: each window is one example. */
  final class Split implements Dataset.OfVariableLength, Dataset.Traceable, Dataset.OfInputs {
    private final Path file;
    private final int from;
    private final int to;

    private Split(Path file, int from, int to) {
      this.file = file;
      this.from = from;
      this.to = to;
    }

    @Override
    public long size() {
      return windows().size();
    }

    @Override
    public int length(long index) {
      return window(index).ids().length;
    }

    @Override
    public String origin(long index) {
      return file + " question " + Excerpt.ofItem(questions.get(window(index).question()).id());
    }

    /**
     * Counts the context tokens that match a predicate. Tokens in two overlapping windows are
     * counted twice.
     */
    long countTokens(LongPredicate predicate) {
      return windows().stream()
          .mapToLong(
              it ->
                  Arrays.stream(it.ids())
                      .skip(it.contextFrom())
                      .limit(it.starts().length)
                      .asLongStream()
                      .filter(predicate)
                      .count())
          .sum();
    }

    List<Window> windows() {
      return windows.subList(from, to);
    }

    Window window(long index) {
      return windows.get(from + (int) index);
    }

    @Override
    public List<ObjectNode> inputs(int count) {
      return windows().stream()
          .map(it -> questions.get(it.question()))
          .distinct()
          .limit(count)
          .map(
              it ->
                  Json.MAPPER
                      .createObjectNode()
                      .put("question", it.text())
                      .put("context", it.context()))
          .toList();
    }

    @Override
    public HostBatch collate(long[] indices) {
      List<Window> selected = new ArrayList<>();
      long[] numbers = new long[indices.length];
      for (int i = 0; i < indices.length; i++) {
        selected.add(window(indices[i]));
        numbers[i] = from + indices[i];
      }
      return WindowBatch.of(selected, numbers, paddingId);
    }
  }
}
