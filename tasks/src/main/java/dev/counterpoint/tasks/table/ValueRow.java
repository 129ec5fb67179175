package dev.counterpoint.tasks.table;

import dev.counterpoint.core.settings.Excerpt;
import dev.counterpoint.core.settings.InvalidSettings;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A row of a query or a Parquet file.
 *
 * @param positions the index of each column
 * @param values texts, lists of texts, and null
 */
record ValueRow(
    SourceFile file, long line, Map<String, Integer> positions, List<@Nullable Object> values)
    implements Table.Row {
  @Override
  public String get(String column) {
    if (value(column) instanceof String text) {
      return text;
    }
    throw new InvalidSettings(
        "%s has %s in the column \"%s\", which needs a text or a number.",
        file.origin(line), value(column) == null ? "NULL" : "a list", Excerpt.ofItem(column));
  }

  @Override
  public @Nullable String find(String column) {
    return value(column) == null ? null : get(column);
  }

  @Override
  @SuppressWarnings("unchecked") // A value that is not a text is a list of texts.
  public @Nullable List<String> list(String column) {
    return value(column) instanceof List<?> list ? (List<String>) list : null;
  }

  private @Nullable Object value(String column) {
    return values.get(Objects.requireNonNull(positions.get(column)));
  }
}
