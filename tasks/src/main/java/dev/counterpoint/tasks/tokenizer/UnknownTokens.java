package dev.counterpoint.tasks.tokenizer;

import java.util.Locale;
import java.util.Optional;

/** Says where a tokenizer does not fit its text: of what it does not know nothing is learned. */
public final class UnknownTokens {
  private static final double WORTH_TELLING = 0.05;

  private UnknownTokens() {}

  /**
   * A line for people; none where few tokens are unknown.
   *
   * @param split its name
   * @param unknown how many of the tokens are
   * @param tokens of the texts, without those that the tokenizer puts around them
   */
  public static Optional<String> note(String split, long unknown, long tokens) {
    return unknown <= WORTH_TELLING * tokens
        ? Optional.empty()
        : Optional.of(
            String.format(
                Locale.ROOT,
                "%s: %d %% of the tokens are unknown to the tokenizer",
                split,
                Math.round(100.0 * unknown / tokens)));
  }
}
