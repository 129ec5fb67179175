package dev.counterpoint.tasks.table;

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

/** Lines of fields under a header, as comma- or tab-separated values. */
final class DelimitedTable implements Table {
  private static final CSVFormat HEADED =
      CSVFormat.RFC4180
          .builder()
          .setHeader()
          .setSkipHeaderRecord(true)
          .setIgnoreEmptyLines(true)
          .setAllowMissingColumnNames(true)
          .setDuplicateHeaderMode(DuplicateHeaderMode.ALLOW_EMPTY)
          .get();

  /** How the parser puts it that a file ends within quotes. */
  private static final String OPEN_QUOTE = "EOF reached before encapsulated token finished";

  /** How it names the line where a field begins or is wrong. */
  private static final Pattern LINE = Pattern.compile("(?:startline|at line:) (\\d+)");

  private final SourceFile file;
  private final CSVParser parser;
  private final Iterator<CSVRecord> records;

  private DelimitedTable(SourceFile file, CSVFormat format, Reader reader) throws IOException {
    this.file = file;
    try {
      parser = CSVParser.builder().setReader(reader).setFormat(format).get();
    } catch (IllegalArgumentException e) {
      throw file.wrong(1, "has a header that cannot be used: " + e.getMessage());
    } catch (CSVException e) {
      throw noCsv(file, 1, e);
    }
    records = parser.iterator();
  }

  /** Comma-separated values of RFC 4180: a field in quotes may hold commas, quotes and lines. */
  static DelimitedTable commas(SourceFile file, Reader reader) throws IOException {
    return new DelimitedTable(file, HEADED, reader);
  }

  /** Tab-separated values, in which a quote is a sign like any other. */
  static DelimitedTable tabs(SourceFile file, Reader reader) throws IOException {
    return new DelimitedTable(
        file, HEADED.builder().setDelimiter('\t').setQuote(null).get(), reader);
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
      if (e.getCause() instanceof CSVException wrong) {
        throw noCsv(file, parser.getCurrentLineNumber() + 1, wrong);
      }
      throw e.getCause();
    }
  }

  private static InvalidSettings noCsv(SourceFile file, long otherwise, CSVException wrong) {
    String message = String.valueOf(wrong.getMessage());
    Matcher named = LINE.matcher(message);
    long line = named.find() ? Long.parseLong(named.group(1)) : otherwise;
    return message.contains(OPEN_QUOTE)
        ? new InvalidSettings(
            file.path() + ": the quote that opens in line " + line + " is not closed.")
        : file.wrong(line, "is no CSV: " + message);
  }

  private Row row(CSVRecord fields) {
    long line = parser.getCurrentLineNumber() - breaksIn(fields);
    if (fields.size() != columns().size()) {
      throw file.wrong(
          line,
          "has "
              + fields.size()
              + " fields, the header "
              + columns().size()
              + ": "
              + String.join(", ", columns()));
    }
    return new DelimitedRow(line, fields);
  }

  /** Line breaks within quotes; the parser tells only the line on which a row ends. */
  private static long breaksIn(CSVRecord fields) {
    return fields.stream().flatMapToInt(String::chars).filter(sign -> sign == '\n').count();
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
