package dev.counterpoint.inference;

import dev.counterpoint.core.data.source.PredictionSettings;
import dev.counterpoint.core.model.FeedForward;
import dev.counterpoint.core.model.FeedForwardConfig;
import dev.counterpoint.core.model.LayerNorm;
import dev.counterpoint.core.model.ModelConfig;
import dev.counterpoint.core.model.NormConfig;
import dev.counterpoint.core.model.attention.AttentionConfig;
import dev.counterpoint.core.model.attention.MultiHeadAttention;
import dev.counterpoint.core.model.block.GatedFeedForward;
import dev.counterpoint.core.model.block.RmsNorm;
import dev.counterpoint.core.model.embedding.EmbeddingConfig;
import dev.counterpoint.core.model.embedding.FactorizedEmbedding;
import dev.counterpoint.core.model.embedding.TableEmbedding;
import dev.counterpoint.core.model.head.HeadConfig;
import dev.counterpoint.core.model.head.LinearHead;
import dev.counterpoint.core.model.head.MlpHead;
import dev.counterpoint.core.model.initializer.InitializerConfig;
import dev.counterpoint.core.model.initializer.LayerInitializer;
import dev.counterpoint.core.model.initializer.NormalInitializer;
import dev.counterpoint.core.model.initializer.XavierInitializer;
import dev.counterpoint.core.model.pooling.FirstPooling;
import dev.counterpoint.core.model.pooling.LastPooling;
import dev.counterpoint.core.model.pooling.MaxPooling;
import dev.counterpoint.core.model.pooling.MeanPooling;
import dev.counterpoint.core.model.pooling.PoolingConfig;
import dev.counterpoint.core.model.position.AlibiPositions;
import dev.counterpoint.core.model.position.LearnedPositions;
import dev.counterpoint.core.model.position.NoPositions;
import dev.counterpoint.core.model.position.PositionsConfig;
import dev.counterpoint.core.model.position.RotaryPositions;
import dev.counterpoint.core.model.position.SinusoidalPositions;
import dev.counterpoint.inference.internal.config.Catalog;
import dev.counterpoint.models.bert.BertConfig;
import dev.counterpoint.models.gpt2.Gpt2Config;
import dev.counterpoint.models.image.ConvNetConfig;
import dev.counterpoint.models.image.VitConfig;
import dev.counterpoint.models.tabular.FtTransformerConfig;
import dev.counterpoint.models.tabular.MlpConfig;
import dev.counterpoint.models.tabular.NumericEmbedding;
import dev.counterpoint.models.tabular.PeriodicEmbedding;
import dev.counterpoint.models.tabular.PiecewiseLinearEmbedding;
import dev.counterpoint.models.transformer.TransformerConfig;
import dev.counterpoint.tasks.questionanswering.AnswerExtraction;
import dev.counterpoint.tasks.textclassification.TextInput;
import java.util.List;

/** The built-in implementations that the settings of a model select by a short name. */
public final class ModelCatalogs {
  private ModelCatalogs() {}

  /** One catalog for each contract. */
  public static List<Catalog<?>> all() {
    return List.of(
        Catalog.of(ModelConfig.class)
            .with("transformer", TransformerConfig.class)
            .with("bert", BertConfig.class)
            .with("gpt2", Gpt2Config.class)
            .with("mlp", MlpConfig.class)
            .with("ft-transformer", FtTransformerConfig.class)
            .with("convnet", ConvNetConfig.class)
            .with("vit", VitConfig.class)
            .with("trained", TrainedConfig.class),
        Catalog.of(NumericEmbedding.Config.class)
            .with("periodic", PeriodicEmbedding.Config.class)
            .with("piecewise-linear", PiecewiseLinearEmbedding.Config.class),
        Catalog.of(AttentionConfig.class).with("multi-head", MultiHeadAttention.Config.class),
        Catalog.of(FeedForwardConfig.class)
            .with("mlp", FeedForward.Config.class)
            .with("gated", GatedFeedForward.Config.class),
        Catalog.of(NormConfig.class)
            .with("layer-norm", LayerNorm.Config.class)
            .with("rms-norm", RmsNorm.Config.class),
        Catalog.of(PositionsConfig.class)
            .with("learned", LearnedPositions.Config.class)
            .with("sinusoidal", SinusoidalPositions.class)
            .with("rotary", RotaryPositions.class)
            .with("alibi", AlibiPositions.class)
            .with("none", NoPositions.class),
        Catalog.of(PoolingConfig.class)
            .with("mean", MeanPooling.class)
            .with("max", MaxPooling.class)
            .with("first", FirstPooling.class)
            .with("last", LastPooling.class),
        Catalog.of(InitializerConfig.class)
            .with("layer", LayerInitializer.class)
            .with("normal", NormalInitializer.class)
            .with("xavier", XavierInitializer.class),
        Catalog.of(EmbeddingConfig.class)
            .with("table", TableEmbedding.class)
            .with("factorized", FactorizedEmbedding.Config.class),
        Catalog.of(HeadConfig.class).with("linear", LinearHead.class).with("mlp", MlpHead.class),
        Catalog.of(PredictionSettings.class)
            .with("answer-extraction", AnswerExtraction.class)
            .with("text-input", TextInput.class));
  }
}
