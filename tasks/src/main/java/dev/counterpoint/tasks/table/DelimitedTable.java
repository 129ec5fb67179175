package dev.counterpoint.tasks.table;

import dev.counterpoint.core.settings.Excerpt;
import dev.counterpoint.core.settings.InvalidSettings;
import java.io.IOException;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.util.Iterator;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.commons.csv.CSVException;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVParser;
import org.apache.commons.csv.CSVRecord;
import org.apache.commons.csv.DuplicateHeaderMode;
import org.jspecify.annotations.Nullable;

/** Reader for comma- or tab-separated values with a header line. */
final class DelimitedTable implements Table {
  private static final CSVFormat WITH_HEADER =
      CSVFormat.RFC4180
          .builder()
          .setHeader()
          .setSkipHeaderRecord(true)
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

  private DelimitedTable(SourceFile file, CSVFormat format, Reader reader) throws IOException {
    this.file = file;
    try {
      parser = CSVParser.builder().setReader(reader).setFormat(format).get();
    } catch (IllegalArgumentException e) {
      throw file.invalidLine(
          1, "has an invalid header: " + Excerpt.of(String.valueOf(e.getMessage())));
    } catch (CSVException e) {
      throw notCsv(file, 1, e);
    }
    records = parser.iterator();
  }

  /**
   * Comma-separated values (RFC 4180): a quoted field can contain commas, quotes and line breaks.
   */
  static DelimitedTable commas(SourceFile file, Reader reader) throws IOException {
    return new DelimitedTable(file, WITH_HEADER, reader);
  }

  /** Tab-separated values; quotes have no special meaning. */
  static DelimitedTable tabs(SourceFile file, Reader reader) throws IOException {
    return new DelimitedTable(
        file, WITH_HEADER.builder().setDelimiter('\t').setQuote(null).get(), reader);
  }

  @Override
  public List<String> columns() {
    return parser.getHeaderNames();
  }

  @Override
  public @Nullable Row next() throws IOException {
    try {
      return records.hasNext() ? row(records.next()) : null;
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
        ? new InvalidSettings("%s: the quote opened on line %s is not closed.", file.path(), line)
        : file.invalidLine(line, "is not valid CSV: " + Excerpt.of(message));
  }

  private Row row(CSVRecord fields) {
    long line = parser.getCurrentLineNumber() - breaksIn(fields);
    if (fields.size() != columns().size()) {
      throw file.invalidLine(
          line,
          "has %s fields but the header has %s: %s."
              .formatted(fields.size(), columns().size(), Excerpt.ofList(columns())));
    }
    return new DelimitedRow(line, fields);
  }

  /** Number of line breaks within quotes; the parser reports only the last line of a row. */
  private static long breaksIn(CSVRecord fields) {
    return fields.stream().mapToLong(field -> LINE_BREAK.matcher(field).results().count()).sum();
  }

  @Override
  public void close() throws IOException {
    parser.close();
  }

  private record DelimitedRow(long line, CSVRecord fields) implements Row {
    @Override
    public String get(String column) {
      return fields.get(column);
    }
  }
}
