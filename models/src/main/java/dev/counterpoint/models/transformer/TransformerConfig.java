package dev.counterpoint.models.transformer;

import dev.counterpoint.core.data.DataSpec;
import dev.counterpoint.core.model.Activation;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.model.ModelConfig;
import dev.counterpoint.core.model.attention.AttentionConfig;
import dev.counterpoint.core.model.attention.MultiHeadAttention;
import dev.counterpoint.core.settings.Checks;
import dev.counterpoint.core.settings.FormerName;
import dev.counterpoint.core.settings.InvalidSettings;

/**
 * The settings of a transformer.
 *
 * @param task what it is for
 * @param width numbers a token
 * @param layers blocks
 * @param heads of attention; divides the width
 * @param maxLength the most tokens of an item; longer ones are cut
 * @param feedForward numbers in the middle of a block's feed-forward part, as a multiple of the
 *     width
 * @param dropout after the embeddings, after each part of a block, and on attention weights
 * @param activation in the feed-forward part
 * @param attention how tokens look at each other
 * @param ngrams the longest n-gram of tokens that has a vector of its own, added to that of its
 *     last token; 1: only the tokens have
 * @param ngramRows vectors for the n-grams of each length, which share them by a hash
 * @param activationCheckpointing whether the blocks are computed again in the backward pass, which
 *     takes less memory and more time
 */
public record TransformerConfig(
    Task task,
    int width,
    int layers,
    int heads,
    int maxLength,
    int feedForward,
    double dropout,
    Activation activation,
    AttentionConfig attention,
    int ngrams,
    int ngramRows,
    @FormerName("checkpointBlocks") boolean activationCheckpointing)
    implements ModelConfig {
  private static final int MOST_NUMBERS = 1 << 20;
  private static final int MOST_LAYERS = 10_000;

  /** What a transformer is for. */
  public enum Task {
    /** One class for an item. */
    CLASSIFICATION,
    /** The next token at each place. */
    LANGUAGE_MODEL
  }

  public TransformerConfig {
    new Checks()
        .size("width", width, MOST_NUMBERS)
        .size("layers", layers, MOST_LAYERS)
        .divides("heads", heads, "width", width)
        .size("maxLength", maxLength, MOST_NUMBERS)
        .size("feedForward", feedForward, Math.max(1, MOST_NUMBERS / Math.max(1, width)))
        .size("ngrams", ngrams, MOST_LAYERS)
        .positive("ngramRows", ngramRows)
        .below("dropout", dropout, 0, 1)
        .verify();
  }

  /** A small classifier: two layers of width 128. */
  public static TransformerConfig defaults() {
    return new TransformerConfig(
        Task.CLASSIFICATION,
        128,
        2,
        4,
        128,
        4,
        0.1,
        Activation.GELU,
        new MultiHeadAttention.Config(),
        1,
        8192,
        false);
  }

  @Override
  public BaseModel build(DataSpec data) {
    if (data.vocabularySize() < 1) {
      throw new InvalidSettings("A transformer reads tokens, and this data has none.");
    }
    BaseModel model =
        task == Task.LANGUAGE_MODEL
            ? new TransformerLanguageModel(this, data.vocabularySize())
            : new TransformerModel(this, data);
    model.setActivationCheckpointing(activationCheckpointing);
    return model;
  }

  /** Where attention stands in a block. */
  AttentionConfig.Place place() {
    return new AttentionConfig.Place(width, heads, task == Task.LANGUAGE_MODEL, dropout);
  }
}
