package dev.counterpoint.tasks.textclassification;

import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.tasks.table.SourceFile;
import dev.counterpoint.tasks.tokenizer.TokenizerSettings;
import dev.counterpoint.tasks.tokenizer.VocabularyBuilder;
import java.io.IOException;
import java.math.BigDecimal;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** What must be known of the training text before a row of it can be numbered. */
final class TrainingText {
  /** From so many rows on it is no chance that no label comes twice. */
  private static final int ENOUGH_ROWS = 10;

  private final VocabularyBuilder vocabulary;
  private final Set<String> labels = new TreeSet<>();
  private long rows;

  private TrainingText(VocabularyBuilder vocabulary) {
    this.vocabulary = vocabulary;
  }

  /** Reads all rows. */
  static TrainingText read(LabelledRows rows, TokenizerSettings settings) throws IOException {
    TrainingText seen = new TrainingText(new VocabularyBuilder(settings));
    rows.read(
        (line, text, label) -> {
          seen.vocabulary.add(text);
          seen.labels.add(label);
          seen.rows++;
        });
    seen.checkLabels(rows.file());
    return seen;
  }

  /** What is in no two rows alike is no class: another column was meant. */
  private void checkLabels(SourceFile file) {
    if (labels.isEmpty()) {
      throw new InvalidSettings(file.path() + " has no rows under its header.");
    }
    if (labels.size() == 1) {
      throw new InvalidSettings(
          file.path()
              + " has the one label \""
              + labels.iterator().next()
              + "\" in all rows; to be put into classes, texts need two labels at least.");
    }
    if (labels.size() == rows && rows >= ENOUGH_ROWS) {
      throw new InvalidSettings(
          file.path()
              + " has another label in each of its "
              + rows
              + " rows, as \""
              + labels.iterator().next()
              + "\": these are no classes. Set \"label\" to the column that has them.");
    }
  }

  VocabularyBuilder vocabulary() {
    return vocabulary;
  }

  /** The labels in the order of their numbers: as numbers where all are, else by their letters. */
  List<String> labels() {
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
