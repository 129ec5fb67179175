package dev.counterpoint.tasks.tokenclassification;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.metric.ConfusionMatrix;
import dev.counterpoint.core.metric.Metric;
import dev.counterpoint.core.settings.Formats;
import dev.counterpoint.core.settings.InvalidSettings;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * Precision, recall and F1 of entities, and the accuracy of the tags of words, from logits (batch,
 * tokens, tags). An entity counts if its words and its type are correct: {@code seqeval} with
 * {@code mode="strict"} and {@code scheme=IOB2}. A word without tokens is predicted as outside. F1
 * is 2 tp / (2 tp + fp + fn), NaN without entities.
 *
 * <p>The state holds sentence, word and predicted tag of each word, so that the windows of a
 * sentence can be measured in any order and by several processes.
 */
final class EntityMetric implements Metric.Maximized {
  private static final int VALUES = 3;
  private static final int MAX_MATRIX_LABELS = 1_000;
  private static final int MAX_REMARKS = 100; // types

  private final SentenceSet set;
  private final int outside;
  private double[] state = new double[64 * VALUES];
  private int size;

  EntityMetric(SentenceSet set) {
    this.set = set;
    outside = set.labels().indexOf(TagScheme.OUTSIDE);
  }

  @Override
  public void check(NDArray output, Batch batch) {
    Shape expected = batch.labels().getShape().add(set.labels().size());
    if (!output.getShape().equals(expected)) {
      throw new InvalidSettings(
          "The output of the model has shape %s; for the tags of tokens it must have shape %s.",
          output.getShape(), expected);
    }
  }

  @Override
  public void add(NDArray output, Batch batch) {
    check(output, batch);
    long[] tags = output.argMax(-1).reshape(new Shape(-1)).toLongArray();
    long[] windows = batch.get(SentenceSet.WINDOWS).toLongArray();
    int width = tags.length / windows.length;
    for (int row = 0; row < windows.length; row++) {
      Window window = set.window((int) windows[row]);
      for (int i = 0; i < window.words().length; i++) {
        int position = window.positions()[i];
        add(
            set.sentenceOf((int) windows[row]),
            window.words()[i],
            position < 0 ? outside : (int) tags[row * width + position]);
      }
    }
  }

  private void add(int sentence, int word, int tag) {
    if (size == state.length) {
      state = Arrays.copyOf(state, 2 * size);
    }
    state[size] = sentence;
    state[size + 1] = word;
    state[size + 2] = tag;
    size += VALUES;
  }

  @Override
  public double[] sums() {
    return Arrays.copyOf(state, size);
  }

  @Override
  public boolean concatenates() {
    return true;
  }

  /** Numbers of entities: in the references, predicted, and both. */
  private static final class Counts {
    private long actual;
    private long predicted;
    private long hits;

    double precision() {
      return (double) hits / predicted;
    }

    double recall() {
      return (double) hits / actual;
    }

    double f1() {
      return 2.0 * hits / (predicted + actual);
    }
  }

  /** The predicted tags of each measured sentence, by its number. */
  private Map<Integer, List<String>> predicted(double[] sums) {
    Map<Integer, List<String>> sentences = new TreeMap<>();
    for (int i = 0; i < sums.length; i += VALUES) {
      sentences
          .computeIfAbsent((int) sums[i], number -> new ArrayList<>(set.sentence(number).tags()))
          .set((int) sums[i + 1], set.labels().get((int) sums[i + 2]));
    }
    return sentences;
  }

  /** The counts by type; those of all types have the key "". */
  private Map<String, Counts> counts(double[] sums) {
    Map<String, Counts> counts = new LinkedHashMap<>();
    counts.put("", new Counts());
    for (String label : set.labels()) {
      counts.computeIfAbsent(TagScheme.type(label), type -> new Counts());
    }
    predicted(sums)
        .forEach(
            (number, tags) -> {
              List<TagScheme.Span> references = TagScheme.spans(set.sentence(number).tags());
              List<TagScheme.Span> found = TagScheme.spans(tags);
              count(references, counts, each -> each.actual++);
              count(found, counts, each -> each.predicted++);
              found.retainAll(references);
              count(found, counts, each -> each.hits++);
            });
    return counts;
  }

  private static void count(
      List<TagScheme.Span> spans, Map<String, Counts> counts, Consumer<Counts> increment) {
    for (TagScheme.Span span : spans) {
      increment.accept(Objects.requireNonNull(counts.get("")));
      increment.accept(Objects.requireNonNull(counts.get(span.type())));
    }
  }

  @Override
  public Map<String, Double> values(double[] sums) {
    Map<String, Double> values = new LinkedHashMap<>();
    Map<String, Counts> counts = counts(sums);
    long[] words = {0, 0};
    predicted(sums)
        .forEach(
            (number, tags) -> {
              for (int i = 0; i < tags.size(); i++) {
                words[0] += tags.get(i).equals(set.sentence(number).tags().get(i)) ? 1 : 0;
                words[1]++;
              }
            });
    counts.forEach(
        (type, each) -> {
          values.put(type.isEmpty() ? "f1" : "f1." + type, each.f1());
          if (type.isEmpty()) {
            values.put("precision", each.precision());
            values.put("recall", each.recall());
            values.put("accuracy", (double) words[0] / words[1]);
          }
        });
    return values;
  }

  /** A table of the first 100 types: precision, recall, F1, and the number of entities. */
  @Override
  public List<String> remarks(double[] sums) {
    List<String> lines = new ArrayList<>();
    lines.add(row("type", "precision", "recall", "f1", "entities"));
    Map<String, Counts> counts = counts(sums);
    counts.entrySet().stream()
        .limit(MAX_REMARKS + 1) // and all
        .forEach(
            entry -> {
              Counts each = entry.getValue();
              lines.add(
                  row(
                      entry.getKey().isEmpty() ? "all" : entry.getKey(),
                      Formats.number(each.precision()),
                      Formats.number(each.recall()),
                      Formats.number(each.f1()),
                      Long.toString(each.actual)));
            });
    if (counts.size() > MAX_REMARKS + 1) {
      lines.add("and %s more types".formatted(counts.size() - MAX_REMARKS - 1));
    }
    return lines;
  }

  private static String row(
      String type, String precision, String recall, String f1, String entities) {
    return Formats.of("%-16s  %9s  %9s  %9s  %8s", type, precision, recall, f1, entities);
  }

  /** The confusion matrix of the tags of words, if there are at most 1,000 tags. */
  @Override
  public Optional<ConfusionMatrix> confusion(double[] sums) {
    int labels = set.labels().size();
    if (labels > MAX_MATRIX_LABELS) {
      return Optional.empty();
    }
    long[][] counts = new long[labels][labels];
    for (int i = 0; i < sums.length; i += VALUES) {
      String tag = set.sentence((int) sums[i]).tags().get((int) sums[i + 1]);
      counts[set.labels().indexOf(tag)][(int) sums[i + 2]]++;
    }
    return Optional.of(
        new ConfusionMatrix(
            set.labels(),
            Arrays.stream(counts).map(row -> Arrays.stream(row).boxed().toList()).toList()));
  }
}
