package dev.counterpoint.runner.report;

import java.util.List;

/** A table of plain text with aligned columns. */
public final class TextTable {
  private TextTable() {}

  /**
   * Prints rows of equal length to standard output, the first of which is the head.
   *
   * @param words whether the first column is text, which is aligned to the left
   */
  public static void print(List<List<String>> rows, boolean words, Console console) {
    for (List<String> row : rows) {
      StringBuilder line = new StringBuilder();
      for (int i = 0; i < row.size(); i++) {
        int column = i;
        int width = rows.stream().mapToInt(it -> it.get(column).length()).max().orElse(0);
        String padding = " ".repeat(width - row.get(i).length());
        line.append(i == 0 ? "" : "  ")
            .append(i == 0 && words ? row.get(i) + padding : padding + row.get(i));
      }
      console.print(line.toString().stripTrailing());
    }
  }
}
