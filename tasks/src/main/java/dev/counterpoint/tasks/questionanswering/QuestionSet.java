package dev.counterpoint.tasks.questionanswering;

import dev.counterpoint.core.data.Dataset;
import dev.counterpoint.core.data.HostBatch;
import dev.counterpoint.core.settings.InvalidSettings;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.LongPredicate;

/**
 * All questions of a run and their windows, numbered over all splits, so that a measure finds its
 * way back from a number.
 */
final class QuestionSet {
  private final List<Question> questions = new ArrayList<>();
  private final List<Window> windows = new ArrayList<>();
  private final int paddingId;

  QuestionSet(int paddingId) {
    this.paddingId = paddingId;
  }

  /** Takes in the questions of a file as a split. */
  Split add(Path file, List<Question> more, Windows cutter) {
    int from = windows.size();
    for (Question question : more) {
      List<Window> cut = cutter.cut(question, questions.size());
      requireTokens(file, question, cut);
      windows.addAll(cut);
      questions.add(question);
    }
    return new Split(file, from, windows.size());
  }

  private static void requireTokens(Path file, Question question, List<Window> cut) {
    if (!question.context().isBlank()
        && cut.stream().allMatch(window -> window.starts().length == 0)) {
      throw new InvalidSettings(
          file
              + ", question "
              + question.id()
              + ": the tokenizer makes no token of its text, so that no answer can be found in it."
              + " Take another tokenizer, or take the question out.");
    }
  }

  List<Question> questions() {
    return questions;
  }

  List<Window> windows() {
    return windows;
  }

  /** Whether some text has no answer. */
  boolean someUnanswerable() {
    return questions.stream().anyMatch(question -> question.answers().isEmpty());
  }

  /** The windows of one file, one an item. */
  final class Split implements Dataset.OfVariableLength, Dataset.Traceable {
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
    public int length(long item) {
      return window(item).ids().length;
    }

    @Override
    public String origin(long item) {
      return file + " question " + questions.get(window(item).question()).id();
    }

    /** How many tokens of the texts are such, those that two windows have in common twice. */
    long tokens(LongPredicate such) {
      return windows().stream()
          .mapToLong(
              it ->
                  Arrays.stream(it.ids())
                      .skip(it.contextFrom())
                      .limit(it.starts().length)
                      .asLongStream()
                      .filter(such)
                      .count())
          .sum();
    }

    List<Window> windows() {
      return windows.subList(from, to);
    }

    Window window(long item) {
      return windows.get(from + (int) item);
    }

    @Override
    public HostBatch collate(long[] items) {
      List<Window> chosen = new ArrayList<>();
      long[] numbers = new long[items.length];
      for (int i = 0; i < items.length; i++) {
        chosen.add(window(items[i]));
        numbers[i] = from + items[i];
      }
      return WindowBatch.of(chosen, numbers, paddingId);
    }
  }
}
