package dev.counterpoint.models.bert;

import dev.counterpoint.core.model.Activation;
import dev.counterpoint.core.parameter.Initializer;
import dev.counterpoint.core.settings.Checks;
import org.jspecify.annotations.Nullable;

/**
 * How large a BERT is, and what is in it.
 *
 * @param vocabularySize rows of the token table; null for as many as the data's tokenizer has
 * @param width numbers a token
 * @param layers blocks
 * @param heads of attention; divides the width
 * @param intermediate numbers in the middle of a block
 * @param maxLength the most tokens of an item: rows of the position table
 * @param tokenTypes texts that an item may be made of
 * @param activation in the middle of a block
 * @param dropout after the embeddings and after each part of a block
 * @param attentionDropout on attention weights
 * @param headDropout before a classifier; null for {@code dropout}
 * @param epsilon of the layer norms
 * @param deviation of the normal distribution that weights start from
 */
public record BertArchitecture(
    @Nullable Integer vocabularySize,
    int width,
    int layers,
    int heads,
    int intermediate,
    int maxLength,
    int tokenTypes,
    Activation activation,
    double dropout,
    double attentionDropout,
    @Nullable Double headDropout,
    double epsilon,
    double deviation) {
  private static final int MOST_NUMBERS = 1 << 20;
  private static final int MOST_LAYERS = 10_000;

  public BertArchitecture {
    Checks checks =
        new Checks()
            .size("width", width, MOST_NUMBERS)
            .size("layers", layers, MOST_LAYERS)
            .divides("heads", heads, "width", width)
            .size("intermediate", intermediate, MOST_NUMBERS)
            .size("maxLength", maxLength, MOST_NUMBERS)
            .positive("tokenTypes", tokenTypes)
            .below("dropout", dropout, 0, 1)
            .below("attentionDropout", attentionDropout, 0, 1)
            .positive("epsilon", epsilon)
            .positive("deviation", deviation);
    if (vocabularySize != null) {
      checks.size("vocabularySize", vocabularySize, 1 << 27);
    }
    if (headDropout != null) {
      checks.below("headDropout", headDropout, 0, 1);
    }
    checks.verify();
  }

  /** A small one: two layers of width 128, all else as in BERT-base. */
  public static BertArchitecture defaults() {
    return new BertArchitecture(
        null, 128, 2, 2, 512, 128, 2, Activation.GELU, 0.1, 0.1, null, 1e-12, 0.02);
  }

  /** The same with a token table of so many rows. */
  BertArchitecture withVocabulary(int size) {
    return new BertArchitecture(
        size,
        width,
        layers,
        heads,
        intermediate,
        maxLength,
        tokenTypes,
        activation,
        dropout,
        attentionDropout,
        headDropout,
        epsilon,
        deviation);
  }

  /** What every weight starts from. */
  Initializer start() {
    return Initializer.normal(0, deviation);
  }

  double beforeHead() {
    return headDropout == null ? dropout : headDropout;
  }
}
