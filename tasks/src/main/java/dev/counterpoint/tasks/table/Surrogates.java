package dev.counterpoint.tasks.table;

/**
 * Halves of the pairs that Java has for characters beyond U+FFFF. JSON can bring one alone, by an
 * escape; UTF-8 has no bytes for it, so that it can neither be saved nor be told from others by a
 * tokenizer.
 */
public final class Surrogates {
  private Surrogates() {}

  /** Whether some half stands without the other. */
  public static boolean areUnpairedIn(CharSequence text) {
    return text.codePoints().anyMatch(sign -> Character.getType(sign) == Character.SURROGATE);
  }
}
