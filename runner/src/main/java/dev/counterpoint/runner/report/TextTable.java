package dev.counterpoint.runner.report;

import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Tables as text: columns separated by two spaces, with control characters escaped. */
public final class TextTable {
  private static final int MAX_WIDTH = 60;

  private TextTable() {}

  /** Formats a head, and a row of cells for each item. */
  public static <T> String of(List<String> head, List<T> items, Function<T, List<String>> cells) {
    return of(Stream.concat(Stream.of(head), items.stream().map(cells)).toList());
  }

  /**
   * Formats rows of cells. A cell of more than 60 characters does not widen its column.
   *
   * @param rows the rows, which all have the same number of cells
   */
  public static String of(List<List<String>> rows) {
    List<List<String>> cells =
        rows.stream().map(row -> row.stream().map(ControlCharacterEscaper::of).toList()).toList();
    List<Integer> widths =
        IntStream.range(0, cells.isEmpty() ? 0 : cells.get(0).size())
            .mapToObj(column -> width(cells, column))
            .toList();
    return cells.stream().map(row -> line(row, widths)).collect(Collectors.joining("\n"));
  }

  private static int width(List<List<String>> cells, int column) {
    return cells.stream()
        .mapToInt(row -> row.get(column).length())
        .filter(length -> length <= MAX_WIDTH)
        .max()
        .orElse(MAX_WIDTH);
  }

  private static String line(List<String> row, List<Integer> widths) {
    return IntStream.range(0, row.size())
        .mapToObj(i -> row.get(i) + " ".repeat(Math.max(0, widths.get(i) - row.get(i).length())))
        .collect(Collectors.joining("  "))
        .stripTrailing();
  }
}
