package dev.counterpoint.core.settings;

import java.util.Collection;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;

/** The name that was probably meant. */
public final class Nearest {
  private Nearest() {}

  /**
   * The known name that lies nearest to what was written, if any is near: at most one edit in three
   * characters, upper and lower case alike. An edit is a character too many, missing or wrong, or
   * two neighbours exchanged (Damerau 1964, in the restricted form). Of two as near, the one of the
   * same length is meant.
   */
  public static Optional<String> to(String written, Collection<String> known) {
    return known.stream()
        .filter(name -> distance(written, name) <= allowance(written, name))
        .min(
            Comparator.<String>comparingInt(name -> distance(written, name))
                .thenComparingInt(name -> Math.abs(written.length() - name.length())));
  }

  /** {@code ; did you mean "adamw"?}, or a full stop where nothing is near. */
  public static String suggestion(String written, Collection<String> known) {
    return to(written, known).map(name -> "; did you mean \"" + name + "\"?").orElse(".");
  }

  private static int allowance(String written, String name) {
    int longer = Math.max(written.length(), name.length());
    return Math.min(longer - 1, Math.max(1, longer / 3));
  }

  /** The edits between two names. */
  public static int distance(String written, String name) {
    String a = written.toLowerCase(Locale.ROOT);
    String b = name.toLowerCase(Locale.ROOT);
    int[] last = new int[b.length() + 1];
    int[] previous = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      previous[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int[] row = new int[b.length() + 1];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int exchange = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
        row[j] = Math.min(Math.min(row[j - 1], previous[j]) + 1, previous[j - 1] + exchange);
        if (neighboursExchanged(a, i, b, j)) {
          row[j] = Math.min(row[j], last[j - 2] + 1);
        }
      }
      last = previous;
      previous = row;
    }
    return previous[b.length()];
  }

  private static boolean neighboursExchanged(String a, int i, String b, int j) {
    return i > 1
        && j > 1
        && a.charAt(i - 1) == b.charAt(j - 2)
        && a.charAt(i - 2) == b.charAt(j - 1);
  }
}
