package dev.counterpoint.models.gpt2;

import dev.counterpoint.core.model.Activation;
import dev.counterpoint.core.parameter.Initializer;
import dev.counterpoint.core.settings.Checks;
import org.jspecify.annotations.Nullable;

/**
 * How large a GPT-2 is, and what is in it.
 *
 * @param vocabularySize rows of the token table; null for as many as the data's tokenizer has
 * @param width numbers a token
 * @param layers blocks
 * @param heads of attention; divides the width
 * @param intermediate numbers in the middle of a block; null for four times the width
 * @param maxLength the most tokens of an item: rows of the position table
 * @param activation in the middle of a block
 * @param dropout after each part of a block
 * @param embeddingDropout after the embeddings
 * @param attentionDropout on attention weights
 * @param epsilon of the layer norms
 * @param deviation of the normal distribution that weights start from
 */
public record Gpt2Architecture(
    @Nullable Integer vocabularySize,
    int width,
    int layers,
    int heads,
    @Nullable Integer intermediate,
    int maxLength,
    Activation activation,
    double dropout,
    double embeddingDropout,
    double attentionDropout,
    double epsilon,
    double deviation) {
  private static final int MOST_NUMBERS = 1 << 20;
  private static final int MOST_LAYERS = 10_000;

  public Gpt2Architecture {
    Checks checks =
        new Checks()
            .size("width", width, MOST_NUMBERS)
            .size("layers", layers, MOST_LAYERS)
            .divides("heads", heads, "width", width)
            .size("maxLength", maxLength, MOST_NUMBERS)
            .below("dropout", dropout, 0, 1)
            .below("embeddingDropout", embeddingDropout, 0, 1)
            .below("attentionDropout", attentionDropout, 0, 1)
            .positive("epsilon", epsilon)
            .positive("deviation", deviation);
    if (vocabularySize != null) {
      checks.size("vocabularySize", vocabularySize, 1 << 27);
    }
    if (intermediate != null) {
      checks.size("intermediate", intermediate, MOST_NUMBERS);
    }
    checks.verify();
  }

  /** A small one: four layers of width 128, all else as in GPT-2. */
  public static Gpt2Architecture defaults() {
    return new Gpt2Architecture(
        null, 128, 4, 4, null, 128, Activation.GELU_TANH, 0.1, 0.1, 0.1, 1e-5, 0.02);
  }

  /** The same with a token table of so many rows. */
  Gpt2Architecture withVocabulary(int size) {
    return new Gpt2Architecture(
        size,
        width,
        layers,
        heads,
        intermediate,
        maxLength,
        activation,
        dropout,
        embeddingDropout,
        attentionDropout,
        epsilon,
        deviation);
  }

  int middle() {
    return intermediate == null ? 4 * width : intermediate;
  }

  /** What most weights start from. */
  Initializer start() {
    return Initializer.normal(0, deviation);
  }

  /** What the weights start from whose results are added up over all blocks. */
  Initializer startOfResidual() {
    return Initializer.normal(0, deviation / Math.sqrt(2.0 * layers));
  }
}
