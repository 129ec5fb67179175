package dev.counterpoint.core.settings;

import java.text.Normalizer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.stream.Collectors;

/** User data in messages: short, on one line, with invisible characters as {@code <U+00A0>}. */
public final class Excerpt {
  /** Maximum length of an excerpt, or of all excerpts of a list together. */
  private static final int MAX_LENGTH = 120;

  private static final int MAX_ITEM = 40;
  private static final int MAX_LISTED = 100;
  private static final int MAX_ITEMS = 10;

  private Excerpt() {}

  /** An excerpt of at most 120 characters. */
  public static String of(String text) {
    return shorten(text, MAX_LENGTH);
  }

  /** An excerpt of at most 40 characters, for a name or a value. */
  public static String ofItem(String text) {
    return shorten(text, MAX_ITEM);
  }

  /** The first items, each shortened, and the number of omitted items. */
  public static String ofList(Collection<String> items) {
    List<String> shown = new ArrayList<>();
    int length = 0;
    for (String item : items) {
      String excerpt = shorten(item, MAX_LISTED);
      length += excerpt.length() + 2;
      if (shown.size() == MAX_ITEMS || (length > MAX_LENGTH && !shown.isEmpty())) {
        return String.join(", ", shown) + Formats.of(", and %,d more", items.size() - shown.size());
      }
      shown.add(excerpt);
    }
    return String.join(", ", shown);
  }

  /** Shortens a text after masking its secrets, because a cut secret is not recognized. */
  private static String shorten(String original, int length) {
    String text = Secrets.mask(original);
    int count = Math.min(text.length(), length + 1);
    StringBuilder excerpt = new StringBuilder();
    for (int i = 0; i < count; i += Character.charCount(text.codePointAt(i))) {
      int codePoint = text.codePointAt(i);
      String next = isVisible(codePoint) ? Character.toString(codePoint) : named(codePoint);
      if (excerpt.length() + next.length() > length) {
        return excerpt.append("...").toString();
      }
      excerpt.append(next);
    }
    return excerpt.toString();
  }

  private static boolean isVisible(int codePoint) {
    return codePoint == ' '
        || !(Character.isSpaceChar(codePoint)
            || Character.isISOControl(codePoint)
            || Character.getType(codePoint) == Character.FORMAT
            || Character.getType(codePoint) == Character.SURROGATE);
  }

  private static String named(int codePoint) {
    return Formats.of("<U+%04X>", codePoint);
  }

  /**
   * What a reader sees of a text: compatible characters are equal, format characters are removed,
   * and white space is a single space. Two texts of the same appearance look alike.
   */
  public static String appearance(String text) {
    return Normalizer.normalize(text, Normalizer.Form.NFKC)
        .replaceAll("[\\p{Cf}\\p{Cc}&&[^\\s]]", "")
        .replaceAll("[\\s\\p{Z}]+", " ")
        .strip();
  }

  /**
   * Replaces every character outside of ASCII with its name; returns only these names for a long
   * text.
   */
  public static String codePoints(String text) {
    String named = text.codePoints().mapToObj(Excerpt::asciiOrName).collect(Collectors.joining());
    return named.length() <= MAX_ITEM
        ? named
        : ofItem(
            text.codePoints()
                .filter(it -> it > '~' || it < ' ')
                .distinct()
                .mapToObj(Excerpt::named)
                .collect(Collectors.joining("", "...", "...")));
  }

  private static String asciiOrName(int codePoint) {
    return codePoint >= ' ' && codePoint <= '~' ? Character.toString(codePoint) : named(codePoint);
  }
}
