package dev.counterpoint.core.settings;

import java.util.Collection;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;

/** Finds the known name closest to a misspelled one ("did you mean ...?"). */
public final class Nearest {
  private Nearest() {}

  /**
   * The known name with the smallest edit distance to {@code written}, if it is close enough: at
   * most one edit per three characters, ignoring case. An edit inserts, deletes or replaces a
   * character, or swaps two adjacent ones (restricted Damerau-Levenshtein distance, Damerau 1964).
   * Ties are resolved in favour of the name with the more similar length.
   */
  public static Optional<String> to(String written, Collection<String> known) {
    return known.stream()
        .filter(name -> distance(written, name) <= allowance(written, name))
        .min(
            Comparator.<String>comparingInt(name -> distance(written, name))
                .thenComparingInt(name -> Math.abs(written.length() - name.length())));
  }

  /** A message ending like {@code ; did you mean "adamw"?}; a full stop if no name is close. */
  public static String suggestion(String written, Collection<String> known) {
    return to(written, known).map(name -> "; did you mean \"" + name + "\"?").orElse(".");
  }

  private static int allowance(String written, String name) {
    int longer = Math.max(written.length(), name.length());
    return Math.min(longer - 1, Math.max(1, longer / 3));
  }

  /** The restricted Damerau-Levenshtein distance between two names, ignoring case. */
  public static int distance(String written, String name) {
    String a = written.toLowerCase(Locale.ROOT);
    String b = name.toLowerCase(Locale.ROOT);
    int[] beforePrevious = new int[b.length() + 1];
    int[] previous = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      previous[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int[] row = new int[b.length() + 1];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int replacement = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
        row[j] = Math.min(Math.min(row[j - 1], previous[j]) + 1, previous[j - 1] + replacement);
        if (adjacentSwapped(a, i, b, j)) {
          row[j] = Math.min(row[j], beforePrevious[j - 2] + 1);
        }
      }
      beforePrevious = previous;
      previous = row;
    }
    return previous[b.length()];
  }

  private static boolean adjacentSwapped(String a, int i, String b, int j) {
    return i > 1
        && j > 1
        && a.charAt(i - 1) == b.charAt(j - 2)
        && a.charAt(i - 2) == b.charAt(j - 1);
  }
}
