package dev.counterpoint.tasks.textclassification;

import dev.counterpoint.core.data.source.PredictionSettings;
import dev.counterpoint.tasks.table.TableFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where a trained model finds its texts in a table.
 *
 * @param text the name of the text column; null to detect it
 * @param text2 the name of the column with the second text of a pair; null for single texts
 * @param header whether the first line of delimited tables names the columns
 * @param columnNames the names of the columns; null for those of the header or by position
 * @param labelSeparator the text between the labels of a text; null for a comma
 */
public record TextInput(
    @Nullable String text,
    @Nullable String text2,
    boolean header,
    @Nullable List<String> columnNames,
    @Nullable String labelSeparator)
    implements PredictionSettings {
  /** Single texts in tables with a header. */
  public static TextInput defaults() {
    return new TextInput(null, null, true, null, null);
  }

  /** The format of delimited tables. */
  public TableFormat format() {
    return new TableFormat(null, header, columnNames, false);
  }
}
