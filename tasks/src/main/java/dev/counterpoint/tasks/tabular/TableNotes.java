package dev.counterpoint.tasks.tabular;

import dev.counterpoint.core.data.source.DataSplits;
import dev.counterpoint.core.settings.Excerpt;
import dev.counterpoint.core.settings.Formats;
import dev.counterpoint.tasks.targets.LabelNotes;
import dev.counterpoint.tasks.targets.LabelNumbers;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Notes about columns and splits: types, ignored columns, label distribution, unseen values. */
record TableNotes(TableContent content) {
  /** If there are more columns than this, only the first ones are described. */
  private static final int MAX_COLUMNS = 100;

  private static final int MAX_LABELS = 10;

  /** Returns all notes, first those about the columns. */
  List<String> all() {
    List<Column> columns = content.schema().columns();
    List<String> notes =
        columns.stream()
            .limit(MAX_COLUMNS)
            .map(Column::describe)
            .collect(Collectors.toCollection(ArrayList::new));
    if (columns.size() > MAX_COLUMNS) {
      notes.add(Formats.of("and %,d more columns", columns.size() - MAX_COLUMNS));
    }
    Target target = content.schema().target();
    notes.add(
        Formats.of(
            "target %s: %s",
            Excerpt.ofList(target.columns()),
            target.isClass()
                ? Formats.of("one of %,d classes", target.labels().size())
                : "numbers, mean "
                    + Excerpt.ofList(target.means().stream().map(Formats::number).toList())));
    content.splits().forEach((name, split) -> add(name, split, notes));
    return notes;
  }

  private void add(String name, TableContent.SplitContent split, List<String> notes) {
    List<String> labels = content.schema().target().labels();
    String counts =
        labels.isEmpty() || labels.size() > MAX_LABELS
            ? ""
            : LabelNumbers.describe(labels, split.labelCounts());
    notes.add(Formats.of("%s: %,d rows%s", name, split.rows(), counts));
    if (name.equals(DataSplits.TRAIN)) {
      notes.addAll(LabelNotes.of(labels, split.labelCounts()));
    }
    TabularSchema.Tokens tokens = content.schema().tokens();
    if (tokens != null && split.truncated() > 0) {
      notes.add(
          Formats.of(
              "%s: %,d texts truncated to %,d tokens",
              name, split.truncated(), tokens.maxLength()));
    }
    if (!name.equals(DataSplits.TRAIN)) {
      add(name, "values that are unseen or rare in train", split.unseen(), notes);
      add(name, "missing values in columns without any in train", split.imputed(), notes);
    }
  }

  private static void add(String name, String what, Map<String, Long> counts, List<String> notes) {
    if (!counts.isEmpty()) {
      List<String> columns =
          counts.entrySet().stream()
              .map(it -> Formats.of("%s %,d", it.getKey(), it.getValue()))
              .toList();
      notes.add(Formats.of("%s: %s: %s", name, what, Excerpt.ofList(columns)));
    }
  }
}
