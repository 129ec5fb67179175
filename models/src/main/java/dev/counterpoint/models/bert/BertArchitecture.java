package dev.counterpoint.models.bert;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.counterpoint.core.model.Activation;
import dev.counterpoint.core.parameter.Initializer;
import dev.counterpoint.core.settings.Checks;
import org.jspecify.annotations.Nullable;

/**
 * Architecture of a BERT model.
 *
 * @param vocabularySize rows of the token embedding; null for the vocabulary size of the data's
 *     tokenizer
 * @param width features per token: {@code hidden_size}
 * @param layers number of blocks
 * @param heads number of attention heads; divides the width
 * @param intermediate hidden features of a block's feed-forward layer: {@code intermediate_size}
 * @param maxLength maximum number of tokens per example: rows of the position embedding
 * @param tokenTypes maximum number of texts per example: rows of the token-type embedding
 * @param activation activation of the feed-forward layers
 * @param dropout dropout probability after the embeddings and after each part of a block
 * @param attentionDropout dropout probability of the attention weights
 * @param headDropout dropout probability before the classifier; null for {@code dropout}
 * @param epsilon epsilon of the layer norms
 * @param deviation standard deviation of the normal distribution that initializes weights: {@code
 *     initializer_range}
 * @param tiedEmbeddings whether the head of a language model shares the token embedding: {@code
 *     tie_word_embeddings}
 */
public record BertArchitecture(
    @JsonProperty("vocab_size") @Nullable Integer vocabularySize,
    @JsonProperty("hidden_size") int width,
    @JsonProperty("num_hidden_layers") int layers,
    @JsonProperty("num_attention_heads") int heads,
    @JsonProperty("intermediate_size") int intermediate,
    @JsonProperty("max_position_embeddings") int maxLength,
    @JsonProperty("type_vocab_size") int tokenTypes,
    @JsonProperty("hidden_act") Activation activation,
    @JsonProperty("hidden_dropout_prob") double dropout,
    @JsonProperty("attention_probs_dropout_prob") double attentionDropout,
    @JsonProperty("classifier_dropout") @Nullable Double headDropout,
    @JsonProperty("layer_norm_eps") double epsilon,
    @JsonProperty("initializer_range") double deviation,
    @JsonProperty("tie_word_embeddings") boolean tiedEmbeddings) {
  private static final int MAX_SIZE = 1 << 20;
  private static final int MAX_LAYERS = 10_000;

  public BertArchitecture {
    new Checks()
        .size("width", width, MAX_SIZE)
        .size("layers", layers, MAX_LAYERS)
        .divides("heads", heads, "width", width)
        .size("intermediate", intermediate, MAX_SIZE)
        .size("maxLength", maxLength, MAX_SIZE)
        .positive("tokenTypes", tokenTypes)
        .below("dropout", dropout, 0, 1)
        .below("attentionDropout", attentionDropout, 0, 1)
        .positive("epsilon", epsilon)
        .positive("deviation", deviation)
        .size("vocabularySize", vocabularySize, 1 << 27)
        .below("headDropout", headDropout, 0, 1)
        .verify();
  }

  /** A small architecture: two layers of width 128, everything else as in BERT-base. */
  public static BertArchitecture defaults() {
    return new BertArchitecture(
        null, 128, 2, 2, 512, 128, 2, Activation.GELU, 0.1, 0.1, null, 1e-12, 0.02, true);
  }

  /** The initializer of all weights. */
  Initializer initializer() {
    return Initializer.normal(0, deviation);
  }

  double classifierDropout() {
    return headDropout == null ? dropout : headDropout;
  }
}
