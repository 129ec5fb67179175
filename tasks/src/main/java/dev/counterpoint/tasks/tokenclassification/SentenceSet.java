package dev.counterpoint.tasks.tokenclassification;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.data.Dataset;
import dev.counterpoint.core.data.HostBatch;
import dev.counterpoint.core.data.HostTensor;
import dev.counterpoint.core.internal.storage.Json;
import dev.counterpoint.core.loss.CrossEntropy;
import dev.counterpoint.tasks.tokenizer.TokenRows;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * All sentences of a run and their windows, numbered across all splits, so that a metric can look
 * up a window by its number.
 */
final class SentenceSet {
  /** The name of the tensor with the numbers of the windows: (batch), int64. */
  static final String WINDOWS = "windows";

  private final List<String> labels;
  private final int paddingId;
  private final List<Sentence> sentences = new ArrayList<>();
  private final List<Window> windows = new ArrayList<>();
  private final List<Integer> sentenceOfWindow = new ArrayList<>();

  /**
   * Creates an empty set.
   *
   * @param labels the tags in the order of their ids
   */
  SentenceSet(List<String> labels, int paddingId) {
    this.labels = labels;
    this.paddingId = paddingId;
  }

  /** Adds the sentences of a split. */
  Split add(List<Sentence> added, Windows windower) {
    int from = windows.size();
    for (Sentence sentence : added) {
      for (Window window : windower.split(sentence.words())) {
        windows.add(window);
        sentenceOfWindow.add(sentences.size());
      }
      sentences.add(sentence);
    }
    return new Split(from, windows.size());
  }

  List<String> labels() {
    return labels;
  }

  Sentence sentence(int number) {
    return sentences.get(number);
  }

  Window window(int number) {
    return windows.get(number);
  }

  int sentenceOf(int window) {
    return sentenceOfWindow.get(window);
  }

  /** Pads token ids into one batch: {@link Batch#IDS} and {@link Batch#MASK}, (batch, tokens). */
  static HostBatch collate(List<Window> windows, Map<String, HostTensor> others, int paddingId) {
    List<long[]> rows = windows.stream().map(Window::ids).toList();
    Map<String, HostTensor> tensors = TokenRows.pad(rows, paddingId);
    tensors.putAll(others);
    return new HostBatch(windows.size(), TokenRows.count(rows), tensors);
  }

  /**
   * Dataset of the windows of one split. {@link Batch#LABELS} are (batch, tokens), int64: the tag
   * of a word at its first token, and {@link CrossEntropy#IGNORED} at all others.
   */
  final class Split implements Dataset.OfVariableLength, Dataset.Traceable, Dataset.OfInputs {
    private final int from;
    private final int to;

    private Split(int from, int to) {
      this.from = from;
      this.to = to;
    }

    Window window(long index) {
      return windows.get(from + (int) index);
    }

    @Override
    public long size() {
      return (long) to - from;
    }

    @Override
    public int length(long index) {
      return window(index).ids().length;
    }

    @Override
    public String origin(long index) {
      return sentence(sentenceOf(from + (int) index)).origin(0);
    }

    @Override
    public List<ObjectNode> inputs(int count) {
      return sentenceOfWindow.subList(from, to).stream()
          .distinct()
          .limit(count)
          .map(it -> String.join(" ", sentence(it).words()))
          .map(text -> Json.MAPPER.createObjectNode().put("text", text))
          .toList();
    }

    @Override
    public HostBatch collate(long[] indices) {
      long[] numbers = Arrays.stream(indices).map(it -> from + it).toArray();
      List<Window> selected = Arrays.stream(indices).mapToObj(this::window).toList();
      int width = selected.stream().mapToInt(it -> it.ids().length).max().orElse(0);
      long[] targets = new long[indices.length * width];
      Arrays.fill(targets, CrossEntropy.IGNORED);
      for (int i = 0; i < indices.length; i++) {
        Window window = selected.get(i);
        List<String> tags = sentence(sentenceOf((int) numbers[i])).tags();
        for (int j = 0; j < window.words().length; j++) {
          if (window.positions()[j] >= 0) {
            targets[i * width + window.positions()[j]] =
                labels.indexOf(tags.get(window.words()[j]));
          }
        }
      }
      return SentenceSet.collate(
          selected,
          Map.of(
              Batch.LABELS,
              HostTensor.of(targets, indices.length, width),
              WINDOWS,
              HostTensor.of(numbers, indices.length)),
          paddingId);
    }
  }
}
