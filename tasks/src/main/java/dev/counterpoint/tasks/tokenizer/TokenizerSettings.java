package dev.counterpoint.tasks.tokenizer;

import dev.counterpoint.core.settings.Checks;
import org.jspecify.annotations.Nullable;

/**
 * Tokenizer settings.
 *
 * @param type the kind of token, if the vocabulary is built from the training text
 * @param path a Hugging Face {@code tokenizer.json}, which is used as it is, or a folder with a
 *     tokenizer; all other keys are ignored
 * @param vocabularySize the maximum number of tokens in the vocabulary, including [PAD] and [UNK];
 *     the most frequent tokens are kept
 * @param minimumCount the minimum number of occurrences of a token in the training text to be
 *     included in the vocabulary. With 2 or more, rare words train the embedding of [UNK], which
 *     unknown words are mapped to
 * @param lowercase whether text is lowercased
 * @param frame whether a text is enclosed in [CLS] and [SEP], as for BERT
 */
public record TokenizerSettings(
    Type type,
    @Nullable String path,
    int vocabularySize,
    int minimumCount,
    boolean lowercase,
    boolean frame) {
  public TokenizerSettings {
    new Checks()
        .that(
            vocabularySize > (frame ? 4 : 2),
            "vocabularySize",
            vocabularySize,
            "must be greater than " + (frame ? 4 : 2))
        .positive("minimumCount", minimumCount)
        .verify();
  }

  /** Settings without [CLS] and [SEP]. */
  public TokenizerSettings(
      Type type, @Nullable String path, int vocabularySize, int minimumCount, boolean lowercase) {
    this(type, path, vocabularySize, minimumCount, lowercase, false);
  }

  /** Defaults of a run file. */
  public static TokenizerSettings defaults() {
    return new TokenizerSettings(Type.WORD, null, 30_000, 2, true);
  }

  /** Kind of token. */
  public enum Type {
    /** A run of letters and digits, or of other characters: {@code don't} is three tokens. */
    WORD,
    /** One Unicode code point, including white space. */
    CHARACTER
  }
}
