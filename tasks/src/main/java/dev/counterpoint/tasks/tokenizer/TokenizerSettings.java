package dev.counterpoint.tasks.tokenizer;

import dev.counterpoint.core.settings.Checks;
import org.jspecify.annotations.Nullable;

/**
 * How text becomes tokens.
 *
 * @param type what a token is, where the vocabulary is built from the training text
 * @param path a {@code tokenizer.json} of Hugging Face's, or a folder with one or with what stood
 *     in its place before, taken as it is: no other key counts then
 * @param vocabularySize the most tokens of the vocabulary, [PAD] and [UNK] among them; the frequent
 *     ones are kept
 * @param minimumCount how often a token must come in the training text to be in the vocabulary.
 *     From 2 on, rare words train the [UNK] that unknown words become
 * @param lowercase whether upper and lower case are one
 * @param frame whether a text stands between [CLS] and [SEP], as BERT reads it
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

  /** Without a frame. */
  public TokenizerSettings(
      Type type, @Nullable String path, int vocabularySize, int minimumCount, boolean lowercase) {
    this(type, path, vocabularySize, minimumCount, lowercase, false);
  }

  /** What counts where a run file does not say. */
  public static TokenizerSettings defaults() {
    return new TokenizerSettings(Type.WORD, null, 30_000, 2, true);
  }

  /** What a token is. */
  public enum Type {
    /** A run of letters and digits, or of other signs: {@code don't} is three tokens. */
    WORD,
    /** One Unicode code point, white space among them. */
    CHARACTER
  }
}
