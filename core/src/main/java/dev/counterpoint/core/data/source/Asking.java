package dev.counterpoint.core.data.source;

import dev.counterpoint.core.settings.Checks;
import org.jspecify.annotations.Nullable;

/**
 * How texts were read for a model, which it is to be asked by when it is finished.
 *
 * @param maxLength the most tokens of an item, special ones included
 * @param answers for questions about a text; null where there are none
 */
public record Asking(int maxLength, @Nullable Answers answers) {
  public Asking {
    new Checks().positive("maxLength", maxLength).verify();
  }

  /** Of texts without questions. */
  public static Asking ofTexts(int maxLength) {
    return new Asking(maxLength, null);
  }

  /**
   * How answers are looked for.
   *
   * @param stride tokens that a window over a long text has in common with the one before
   * @param maxAnswer the most tokens of an answer
   * @param noneAllowed whether a text may have no answer
   */
  public record Answers(int stride, int maxAnswer, boolean noneAllowed) {
    public Answers {
      new Checks().notNegative("stride", stride).positive("maxAnswer", maxAnswer).verify();
    }
  }
}
