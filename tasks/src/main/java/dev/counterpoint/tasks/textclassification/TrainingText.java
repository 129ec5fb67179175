package dev.counterpoint.tasks.textclassification;

import dev.counterpoint.core.data.TargetScale;
import dev.counterpoint.core.settings.Excerpt;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.tasks.table.TableSource;
import dev.counterpoint.tasks.targets.NumberTarget;
import dev.counterpoint.tasks.tokenizer.TokenizerSettings;
import dev.counterpoint.tasks.tokenizer.VocabularyBuilder;
import java.io.IOException;
import java.math.BigDecimal;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Labels and vocabulary of the training split, collected before its rows are encoded. */
final class TrainingText {
  /** Minimum number of rows for which all-distinct labels indicate a wrong label column. */
  private static final int MIN_ROWS_TO_CHECK = 10;

  private final VocabularyBuilder vocabulary;
  private final Set<String> labels = new TreeSet<>();
  private final List<String> columns;
  private final List<NumberTarget> targets;
  private long rows;

  private TrainingText(VocabularyBuilder vocabulary, TextClassification settings) {
    this.vocabulary = vocabulary;
    columns = settings.isRegression() ? settings.targets() : settings.labelColumnsOrEmpty();
    targets =
        settings.isRegression()
            ? columns.stream().map(any -> new NumberTarget()).toList()
            : List.of();
  }

  /** Reads all rows. */
  static TrainingText read(LabelledRows rows, TokenizerSettings settings) throws IOException {
    TrainingText training = new TrainingText(new VocabularyBuilder(settings), rows.settings());
    rows.read(
        Long.MAX_VALUE,
        example -> {
          training.vocabulary.add(example.text());
          if (example.second() != null) {
            training.vocabulary.add(example.second());
          }
          training.labels.addAll(example.labels());
          for (int i = 0; i < training.targets.size(); i++) {
            training.targets.get(i).add(example.numbers().get(i));
          }
          training.rows++;
        });
    if (rows.settings().isRegression()) {
      training.checkTargets(rows);
    } else {
      training.checkLabels(rows);
    }
    return training;
  }

  /**
   * Checks that there are at least two labels, and that not every row has a different label, which
   * would mean that the wrong label column is configured.
   */
  private void checkLabels(LabelledRows table) {
    TableSource file = table.file();
    if (labels.isEmpty() && rows > 0) {
      throw new InvalidSettings(file.name() + " has no labels.");
    }
    if (labels.isEmpty()) {
      throw new InvalidSettings(file.name() + " has no rows below its header.");
    }
    if (labels.size() == 1) {
      throw new InvalidSettings(
          "%s has only the label \"%s\"; classification needs at least two labels.",
          file.name(), Excerpt.ofItem(labels.iterator().next()));
    }
    if (labels.size() == rows && rows >= MIN_ROWS_TO_CHECK && !table.settings().hasSets()) {
      throw new InvalidSettings(
          ("%s has a different label in each of its %s rows, such as \"%s\". Set \"label\""
                  + " to the column with the classes.")
              .formatted(file.name(), rows, Excerpt.ofItem(labels.iterator().next())));
    }
  }

  private void checkTargets(LabelledRows table) {
    if (rows == 0) {
      throw new InvalidSettings(table.file().name() + " has no rows below its header.");
    }
    for (int i = 0; i < targets.size(); i++) {
      targets.get(i).require(columns.get(i), table.file());
    }
  }

  /** The scale of the numbers of a regression; null for labels. */
  @Nullable TargetScale scale() {
    return targets.isEmpty()
        ? null
        : new TargetScale(
            targets.stream().map(NumberTarget::mean).toList(),
            targets.stream().map(NumberTarget::deviation).toList());
  }

  VocabularyBuilder vocabulary() {
    return vocabulary;
  }

  /**
   * Returns the labels in the order of their ids: the columns of labels or targets if they are set;
   * numerically if all are numbers, otherwise alphabetically.
   */
  List<String> labels() {
    if (!columns.isEmpty()) {
      return columns;
    }
    return labels.stream().allMatch(TrainingText::isNumber)
        ? labels.stream().sorted(Comparator.comparing(BigDecimal::new)).toList()
        : List.copyOf(labels);
  }

  private static boolean isNumber(String label) {
    try {
      new BigDecimal(label);
      return true;
    } catch (NumberFormatException e) {
      return false;
    }
  }
}
