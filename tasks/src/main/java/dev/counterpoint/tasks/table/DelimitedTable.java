package dev.counterpoint.tasks.table;

import dev.counterpoint.core.settings.Excerpt;
import dev.counterpoint.core.settings.InvalidSettings;
import java.io.IOException;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.apache.commons.csv.CSVException;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVParser;
import org.apache.commons.csv.CSVRecord;
import org.apache.commons.csv.DuplicateHeaderMode;
import org.jspecify.annotations.Nullable;

/** Reader for values separated by commas, tabs or another character. */
final class DelimitedTable implements Table {
  private static final CSVFormat COMMAS =
      CSVFormat.RFC4180
          .builder()
          .setIgnoreEmptyLines(true)
          .setAllowMissingColumnNames(true)
          .setDuplicateHeaderMode(DuplicateHeaderMode.ALLOW_EMPTY)
          .get();

  /** Message of the CSV parser for a file that ends within quotes. */
  private static final String OPEN_QUOTE = "EOF reached before encapsulated token finished";

  /** Line number in a message of the CSV parser. */
  private static final Pattern LINE = Pattern.compile("(?:startline|at line:) (\\d+)");

  private static final Pattern LINE_BREAK = Pattern.compile("\r\n|\n|\r");

  private final SourceFile file;
  private final CSVParser parser;
  private final Iterator<CSVRecord> records;
  private final List<String> columns;
  private final Map<String, Integer> positions;
  private final boolean header;
  private @Nullable CSVRecord first;

  private DelimitedTable(SourceFile file, CSVFormat csv, TableFormat format, Reader reader)
      throws IOException {
    this.file = file;
    header = format.header();
    List<String> names = format.columnNames();
    CSVFormat.Builder named = csv.builder().setIgnoreSurroundingSpaces(format.trim());
    if (header || names != null) {
      named.setHeader(names == null ? new String[0] : names.toArray(String[]::new));
      named.setSkipHeaderRecord(header);
    }
    if (format.separator() != null) {
      named.setDelimiter(format.separator());
    }
    try {
      parser = CSVParser.builder().setReader(reader).setFormat(named.get()).get();
    } catch (IllegalArgumentException e) {
      throw file.invalidLine(
          1,
          "has an invalid header: "
              + Excerpt.of(String.valueOf(e.getMessage()).replaceFirst(" If this is valid.*", "")));
    } catch (CSVException e) {
      throw notCsv(file, 1, e);
    }
    records = parser.iterator();
    if (header || names != null) {
      columns = parser.getHeaderNames();
      positions = parser.getHeaderMap();
    } else {
      first = nextRecord();
      columns =
          IntStream.rangeClosed(1, first == null ? 0 : first.size())
              .mapToObj(i -> "column" + i)
              .toList();
      positions = new HashMap<>();
      columns.forEach(name -> positions.put(name, positions.size()));
    }
  }

  /**
   * Comma-separated values (RFC 4180): a quoted field can contain commas, quotes and line breaks.
   */
  static DelimitedTable commas(SourceFile file, TableFormat format, Reader reader)
      throws IOException {
    return new DelimitedTable(file, COMMAS, format, reader);
  }

  /** Tab-separated values; quotes have no special meaning. */
  static DelimitedTable tabs(SourceFile file, TableFormat format, Reader reader)
      throws IOException {
    return new DelimitedTable(
        file, COMMAS.builder().setDelimiter('\t').setQuote(null).get(), format, reader);
  }

  @Override
  public List<String> columns() {
    return columns;
  }

  @Override
  public @Nullable Row next() throws IOException {
    CSVRecord fields = first == null ? nextRecord() : first;
    first = null;
    return fields == null ? null : row(fields);
  }

  private @Nullable CSVRecord nextRecord() throws IOException {
    try {
      return records.hasNext() ? records.next() : null;
    } catch (UncheckedIOException e) {
      if (e.getCause() instanceof CSVException invalid) {
        throw notCsv(file, parser.getCurrentLineNumber() + 1, invalid);
      }
      throw e.getCause();
    }
  }

  private static InvalidSettings notCsv(SourceFile file, long defaultLine, CSVException invalid) {
    String message = String.valueOf(invalid.getMessage());
    Matcher reported = LINE.matcher(message);
    long line = reported.find() ? Long.parseLong(reported.group(1)) : defaultLine;
    return message.contains(OPEN_QUOTE)
        ? new InvalidSettings("%s: the quote opened on line %s is not closed.", file.name(), line)
        : file.invalidLine(line, "is not valid CSV: " + Excerpt.of(message));
  }

  private Row row(CSVRecord fields) {
    long line = parser.getCurrentLineNumber() - breaksIn(fields);
    if (fields.size() != columns.size()) {
      throw file.invalidLine(
          line,
          "has %s fields but %s %s: %s."
              .formatted(
                  fields.size(),
                  header ? "the header has" : "needs",
                  columns.size(),
                  Excerpt.ofList(columns)));
    }
    return new DelimitedRow(line, fields, positions);
  }

  /** Number of line breaks within quotes; the parser reports only the last line of a row. */
  private static long breaksIn(CSVRecord fields) {
    long breaks = 0;
    for (String field : fields) {
      if (field.indexOf('\n') >= 0 || field.indexOf('\r') >= 0) {
        breaks += LINE_BREAK.matcher(field).results().count();
      }
    }
    return breaks;
  }

  @Override
  public void close() throws IOException {
    parser.close();
  }

  private record DelimitedRow(long line, CSVRecord fields, Map<String, Integer> positions)
      implements Row {
    @Override
    public String get(String column) {
      return fields.get(Objects.requireNonNull(positions.get(column)));
    }

    @Override
    public String find(String column) {
      return get(column);
    }
  }
}
