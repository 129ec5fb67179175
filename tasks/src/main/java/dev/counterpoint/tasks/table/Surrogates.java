package dev.counterpoint.tasks.table;

/**
 * Check for unpaired surrogates: halves of the pairs that Java uses for characters beyond U+FFFF. A
 * JSON escape can contain one alone. UTF-8 has no encoding for it, so it can neither be saved nor
 * be distinguished from other unpaired surrogates by a tokenizer.
 */
public final class Surrogates {
  private Surrogates() {}

  /** Whether the text contains a surrogate without its other half. */
  public static boolean areUnpairedIn(CharSequence text) {
    return text.codePoints()
        .anyMatch(codePoint -> Character.getType(codePoint) == Character.SURROGATE);
  }
}
