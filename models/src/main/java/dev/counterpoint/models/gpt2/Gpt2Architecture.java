package dev.counterpoint.models.gpt2;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.counterpoint.core.model.Activation;
import dev.counterpoint.core.parameter.Initializer;
import dev.counterpoint.core.settings.Checks;
import org.jspecify.annotations.Nullable;

/**
 * Architecture of a GPT-2 model.
 *
 * @param vocabularySize rows of the token embedding; null for the vocabulary size of the data's
 *     tokenizer
 * @param width features per token: {@code n_embd}
 * @param layers number of blocks
 * @param heads number of attention heads; divides the width
 * @param intermediate hidden features of a block's feed-forward layer: {@code n_inner}; null for
 *     four times the width
 * @param maxLength maximum number of tokens per example: rows of the position embedding
 * @param activation activation of the feed-forward layers
 * @param dropout dropout probability after each part of a block
 * @param embeddingDropout dropout probability after the embeddings
 * @param attentionDropout dropout probability of the attention weights
 * @param epsilon epsilon of the layer norms
 * @param deviation standard deviation of the normal distribution that initializes weights: {@code
 *     initializer_range}
 * @param tiedEmbeddings whether the head of a language model shares the token embedding: {@code
 *     tie_word_embeddings}
 */
public record Gpt2Architecture(
    @JsonProperty("vocab_size") @Nullable Integer vocabularySize,
    @JsonProperty("n_embd") int width,
    @JsonProperty("n_layer") int layers,
    @JsonProperty("n_head") int heads,
    @JsonProperty("n_inner") @Nullable Integer intermediate,
    @JsonProperty("n_positions") int maxLength,
    @JsonProperty("activation_function") Activation activation,
    @JsonProperty("resid_pdrop") double dropout,
    @JsonProperty("embd_pdrop") double embeddingDropout,
    @JsonProperty("attn_pdrop") double attentionDropout,
    @JsonProperty("layer_norm_epsilon") double epsilon,
    @JsonProperty("initializer_range") double deviation,
    @JsonProperty("tie_word_embeddings") boolean tiedEmbeddings) {
  private static final int MAX_SIZE = 1 << 20;
  private static final int MAX_LAYERS = 10_000;

  public Gpt2Architecture {
    new Checks()
        .size("width", width, MAX_SIZE)
        .size("layers", layers, MAX_LAYERS)
        .divides("heads", heads, "width", width)
        .size("maxLength", maxLength, MAX_SIZE)
        .below("dropout", dropout, 0, 1)
        .below("embeddingDropout", embeddingDropout, 0, 1)
        .below("attentionDropout", attentionDropout, 0, 1)
        .positive("epsilon", epsilon)
        .positive("deviation", deviation)
        .size("vocabularySize", vocabularySize, 1 << 27)
        .size("intermediate", intermediate, MAX_SIZE)
        .verify();
  }

  /** A small architecture: four layers of width 128, everything else as in GPT-2. */
  public static Gpt2Architecture defaults() {
    return new Gpt2Architecture(
        null, 128, 4, 4, null, 128, Activation.GELU_TANH, 0.1, 0.1, 0.1, 1e-5, 0.02, true);
  }

  int feedForwardSize() {
    return intermediate == null ? 4 * width : intermediate;
  }

  /** The initializer of most weights. */
  Initializer initializer() {
    return Initializer.normal(0, deviation);
  }

  /**
   * The initializer of the projections that add to the residual stream, scaled down by the square
   * root of their number.
   */
  Initializer residualInitializer() {
    return Initializer.normal(0, deviation / Math.sqrt(2.0 * layers));
  }
}
