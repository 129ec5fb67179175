package dev.counterpoint.models.transformer;

import dev.counterpoint.core.data.DataSpec;
import dev.counterpoint.core.model.Activation;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.model.FeedForward;
import dev.counterpoint.core.model.FeedForwardConfig;
import dev.counterpoint.core.model.LayerNorm;
import dev.counterpoint.core.model.ModelConfig;
import dev.counterpoint.core.model.NormConfig;
import dev.counterpoint.core.model.attention.AttentionConfig;
import dev.counterpoint.core.model.attention.MultiHeadAttention;
import dev.counterpoint.core.model.embedding.EmbeddingConfig;
import dev.counterpoint.core.model.embedding.TableEmbedding;
import dev.counterpoint.core.model.head.HeadConfig;
import dev.counterpoint.core.model.head.LinearHead;
import dev.counterpoint.core.model.initializer.InitializerConfig;
import dev.counterpoint.core.model.initializer.LayerInitializer;
import dev.counterpoint.core.model.pooling.MeanPooling;
import dev.counterpoint.core.model.pooling.PoolingConfig;
import dev.counterpoint.core.model.position.LearnedPositions;
import dev.counterpoint.core.model.position.Positions;
import dev.counterpoint.core.model.position.PositionsConfig;
import dev.counterpoint.core.model.position.RelativePositions;
import dev.counterpoint.core.settings.Checks;
import dev.counterpoint.core.settings.FormerName;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.models.huggingface.ModelLabels;
import org.jspecify.annotations.Nullable;

/**
 * Settings of a transformer.
 *
 * @param task the task, which determines the head and whether attention is causal
 * @param width features per token
 * @param layers number of blocks
 * @param heads number of attention heads; divides the width
 * @param maxLength maximum number of tokens per example; longer examples are truncated
 * @param feedForward feed-forward layer of the blocks; a number is the multiple of its type mlp
 * @param dropout dropout probability after the embeddings, after each part of a block, and on the
 *     attention weights
 * @param activation activation of the feed-forward layers
 * @param attention attention layer of the blocks
 * @param ngrams maximum length of n-grams with an embedding, which is added to that of their last
 *     token; 1 for no n-grams
 * @param ngramRows rows of the embedding table for each n-gram length, selected by a hash
 * @param activationCheckpointing whether to recompute the activations of the blocks in the backward
 *     pass, which takes less memory and more time
 * @param norm normalization layers of the blocks and after the last block
 * @param positions positions of the tokens
 * @param pooling pooling of the token vectors for classification
 * @param initializer initial values of the parameters
 * @param embedding embedding of the tokens
 * @param head output layer
 */
public record TransformerConfig(
    Task task,
    int width,
    int layers,
    int heads,
    int maxLength,
    FeedForwardConfig feedForward,
    double dropout,
    Activation activation,
    AttentionConfig attention,
    int ngrams,
    int ngramRows,
    @FormerName("checkpointBlocks") boolean activationCheckpointing,
    NormConfig norm,
    PositionsConfig positions,
    PoolingConfig pooling,
    InitializerConfig initializer,
    EmbeddingConfig embedding,
    HeadConfig head)
    implements ModelConfig {
  private static final int MAX_SIZE = 1 << 20;
  private static final int MAX_LAYERS = 10_000;

  /** Tasks of a transformer. */
  public enum Task {
    /** Text classification: one class per example. */
    CLASSIFICATION,
    /** Causal language modeling: the next token at each position. */
    LANGUAGE_MODEL
  }

  public TransformerConfig {
    new Checks()
        .size("width", width, MAX_SIZE)
        .size("layers", layers, MAX_LAYERS)
        .divides("heads", heads, "width", width)
        .size("maxLength", maxLength, MAX_SIZE)
        .size("ngrams", ngrams, MAX_LAYERS)
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
        FeedForward.Config.defaults(),
        0.1,
        Activation.GELU,
        new MultiHeadAttention.Config(),
        1,
        8192,
        false,
        LayerNorm.Config.defaults(),
        LearnedPositions.Config.defaults(),
        new MeanPooling(),
        new LayerInitializer(),
        TableEmbedding.defaults(),
        new LinearHead());
  }

  @Override
  public BaseModel build(DataSpec data) {
    int vocabulary = ModelLabels.vocabulary(null, data, "A transformer");
    ModelLabels.requireTarget(
        data,
        task == Task.CLASSIFICATION ? DataSpec.Target.CLASS : DataSpec.Target.NEXT_TOKEN,
        task,
        "A transformer");
    BaseModel model =
        task == Task.LANGUAGE_MODEL
            ? new TransformerLanguageModel(this, vocabulary)
            : new TransformerModel(this, data);
    initializer.applyTo(model);
    model.setActivationCheckpointing(activationCheckpointing);
    return model;
  }

  /**
   * The positions of the tokens.
   *
   * @throws InvalidSettings if they act in attention, and the attention does not support that
   */
  Positions createPositions() {
    Positions created = positions.build(new PositionsConfig.Size(width, heads, maxLength));
    if (created instanceof RelativePositions && !attention.supportsRelativePositions()) {
      throw new InvalidSettings(
          "model.positions %s acts in attention, which model.attention %s does not support. Use"
              + " learned, sinusoidal or none, or the attention multi-head.",
          name(positions), name(attention));
    }
    return created;
  }

  private static String name(Object config) {
    return config.getClass().getName().replaceFirst(".*\\.", "");
  }

  /** Size, heads, causality, dropout and positions of the attention layers in the blocks. */
  AttentionConfig.BlockSpec blockSpec(@Nullable RelativePositions relative) {
    return new AttentionConfig.BlockSpec(
        width, heads, task == Task.LANGUAGE_MODEL, dropout, relative);
  }
}
