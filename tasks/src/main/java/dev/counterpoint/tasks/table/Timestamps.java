package dev.counterpoint.tasks.table;

import java.time.DateTimeException;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import org.jspecify.annotations.Nullable;

/** Dates and times of ISO 8601 in tables. */
public final class Timestamps {
  private static final int DATE_LENGTH = "2026-01-31".length();

  private Timestamps() {}

  /**
   * Parses {@code 2026-01-31}, {@code 2026-01-31 08:15} or {@code 2026-01-31T08:15:30}, also with
   * an offset, which is converted to UTC.
   *
   * @return null if the text is not a date
   */
  public static @Nullable LocalDateTime parse(String text) {
    if (text.length() < DATE_LENGTH || text.charAt(4) != '-') {
      return null;
    }
    try {
      if (text.length() == DATE_LENGTH) {
        return LocalDate.parse(text).atStartOfDay();
      }
      String iso = text.replace(' ', 'T');
      return iso.matches(".*(Z|[+-]\\d\\d:\\d\\d)$")
          ? OffsetDateTime.parse(iso).withOffsetSameInstant(ZoneOffset.UTC).toLocalDateTime()
          : LocalDateTime.parse(iso);
    } catch (DateTimeException e) {
      return null;
    }
  }
}
