package dev.counterpoint.tasks.tokenizer;

import java.util.Optional;

/**
 * Warns about texts in which many tokens are unknown to the tokenizer; a model learns nothing from
 * them.
 */
public final class UnknownTokens {
  private static final double MIN_REPORTED_SHARE = 0.05;

  private UnknownTokens() {}

  /**
   * Returns a note if more than 5 % of the tokens are unknown; otherwise empty.
   *
   * @param split the name of the split
   * @param unknown the number of unknown tokens
   * @param tokens the number of tokens, without special tokens
   */
  public static Optional<String> note(String split, long unknown, long tokens) {
    return unknown <= MIN_REPORTED_SHARE * tokens
        ? Optional.empty()
        : Optional.of(
            "%s: %s %% of the tokens are unknown to the tokenizer"
                .formatted(split, Math.round(100.0 * unknown / tokens)));
  }
}
