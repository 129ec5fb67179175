package dev.counterpoint.tasks.table;

import dev.counterpoint.core.data.source.SplitShares;
import dev.counterpoint.core.internal.storage.Sha256;
import dev.counterpoint.core.settings.Excerpt;
import dev.counterpoint.core.settings.InvalidSettings;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * Assigns the rows of a table to its splits, by {@link SplitShares}.
 *
 * <p>While keys are collected, 8 bytes per row are held in memory; afterwards two keys per stratum.
 */
public final class SplitAssignment {
  private static final int MAX_STRATA = 100_000;
  private static final Pattern DECIMAL =
      Pattern.compile("[+-]?(\\d+\\.?\\d*|\\.\\d+)([eE][+-]?\\d+)?");

  private final TableSplit split;
  private final TableSplit.By by;
  private final String column;
  private final long seed;
  private final UnaryOperator<@Nullable String> groups;
  private final TableSource file;
  private final TableFormat format;
  private final Map<String, SplitShares.Bounds> strata = new HashMap<>();
  private final MessageDigest digest = Sha256.begin();

  /**
   * Creates the assignment; the keys of all rows are read at its first use.
   *
   * @param split the settings; they name the column of the strata
   * @param seed the seed of the run
   * @param groups returns a group from its text; null if it is missing
   */
  public SplitAssignment(
      TableSource file,
      TableFormat format,
      TableSplit split,
      long seed,
      UnaryOperator<@Nullable String> groups) {
    this.file = file;
    this.format = format;
    this.split = split;
    this.groups = groups;
    column = split.column() == null ? "" : split.column();
    by = split.by() == null ? TableSplit.By.RANDOM : split.by();
    this.seed = split.seed() == null ? seed : split.seed();
  }

  private void readKeys() throws IOException {
    Map<String, LongStream.Builder> keys = new HashMap<>();
    file.read(
        format,
        table -> {
          List<String> names = columns(table.columns());
          for (Chunk rows = table.next(names); rows != null; rows = table.next(names)) {
            for (int row = 0; row < rows.size(); row++) {
              keys.computeIfAbsent(stratum(rows, row), any -> LongStream.builder())
                  .add(key(rows, row, names));
            }
            if (keys.size() > MAX_STRATA) {
              throw new InvalidSettings(
                  "The column %s of %s has more than %s different values, too many to stratify%s",
                  Excerpt.ofItem(column), file.name(), MAX_STRATA, advice());
            }
          }
          return table;
        });
    SplitShares shares = split.shares();
    keys.forEach((name, values) -> strata.put(name, shares.bounds(values.build())));
  }

  /**
   * The columns that determine the split of a row.
   *
   * @param all the columns of the table
   * @throws InvalidSettings if the column of the settings is not among them
   */
  public List<String> columns(List<String> all) {
    if (by != TableSplit.By.RANDOM && !all.contains(column)) {
      throw new InvalidSettings(
          "split.column %s is not a column of %s; its columns are: %s.",
          Excerpt.ofItem(column), file.name(), Excerpt.ofList(all));
    }
    return by == TableSplit.By.GROUP || by == TableSplit.By.TIME ? List.of(column) : all;
  }

  /**
   * The name of the split that a row belongs to.
   *
   * @param names the {@link #columns}
   * @throws InvalidSettings if a value is not a time
   */
  public String of(Chunk rows, int row, List<String> names) throws IOException {
    if (strata.isEmpty()) {
      readKeys();
    }
    return Objects.requireNonNull(strata.get(stratum(rows, row))).splitOf(key(rows, row, names));
  }

  /** The end of a message about a split without rows. */
  public String advice() {
    return by == TableSplit.By.STRATIFIED
        ? "; to split by a number, or by classes of a few rows, set data.split.by to random."
        : ".";
  }

  private String stratum(Chunk rows, int row) {
    return by == TableSplit.By.STRATIFIED ? String.valueOf(rows.column(column).text(row)) : "";
  }

  private long key(Chunk rows, int row, List<String> names) {
    return by == TableSplit.By.TIME ? time(rows, row) : hash(rows, row, names);
  }

  /** The first 63 bits of the SHA-256 of the seed and the values: texts, or the bits of numbers. */
  private long hash(Chunk rows, int row, List<String> names) {
    update(seed);
    for (String name : names) {
      Chunk.Values values = rows.column(name);
      double number = values.number(row);
      if (Double.isNaN(number)) {
        String text = values.text(row);
        text = by == TableSplit.By.GROUP ? Objects.toString(groups.apply(text), "") : text;
        digest.update(String.valueOf(text).getBytes(StandardCharsets.UTF_8));
      } else {
        update(Double.doubleToLongBits(number));
      }
      digest.update((byte) 0);
    }
    return ByteBuffer.wrap(digest.digest()).getLong() >>> 1;
  }

  private void update(long value) {
    digest.update(ByteBuffer.allocate(Long.BYTES).putLong(value).flip());
  }

  /** A key in the order of times or numbers. */
  private long time(Chunk rows, int row) {
    String value = String.valueOf(rows.column(column).text(row)).strip();
    LocalDateTime time = Timestamps.parse(value);
    double number =
        time != null
            ? (double) time.toEpochSecond(ZoneOffset.UTC)
            : DECIMAL.matcher(value).matches() ? Double.parseDouble(value) : Double.NaN;
    if (!Double.isFinite(number)) {
      throw file.invalidLine(
          rows.line(row),
          "has \"%s\" in the column \"%s\" of the split, which is neither a date nor a number."
              .formatted(Excerpt.ofItem(value), Excerpt.ofItem(column)));
    }
    long bits = Double.doubleToLongBits(number);
    return bits ^ ((bits >> (Long.SIZE - 1)) & Long.MAX_VALUE);
  }
}
