package dev.counterpoint.models.transformer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.data.DataSpec;
import dev.counterpoint.core.kernel.ForwardScope;
import dev.counterpoint.core.model.Activation;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.model.FeedForward;
import dev.counterpoint.core.model.LayerNorm;
import dev.counterpoint.core.model.attention.MultiHeadAttention;
import dev.counterpoint.core.model.embedding.TableEmbedding;
import dev.counterpoint.core.model.head.LinearHead;
import dev.counterpoint.core.model.initializer.LayerInitializer;
import dev.counterpoint.core.model.pooling.MeanPooling;
import dev.counterpoint.core.model.position.LearnedPositions;
import dev.counterpoint.core.parameter.Gradients;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.models.transformer.TransformerConfig.Task;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TransformerConfigTest {
  private static final DataSpec TEXT = DataSpec.ofText(7, 0, List.of("no", "yes"));

  @Test
  void defaultsAreASmallClassifier() {
    assertThat(TransformerConfig.defaults())
        .isEqualTo(
            new TransformerConfig(
                Task.CLASSIFICATION,
                128,
                2,
                4,
                128,
                new FeedForward.Config(4),
                0.1,
                Activation.GELU,
                new MultiHeadAttention.Config(),
                1,
                8192,
                false,
                new LayerNorm.Config(1e-5),
                new LearnedPositions.Config(0.02),
                new MeanPooling(),
                new LayerInitializer(),
                new TableEmbedding(0.02),
                new LinearHead()));
  }

  @Test
  void headsThatDoNotDivideTheWidthAreRejected() {
    assertThatThrownBy(() -> config(8, 1, 3, 6, 0))
        .isInstanceOf(InvalidSettings.class)
        .hasMessage("heads 3 must divide width 8");
  }

  @Test
  void allProblemsAreReportedTogether() {
    assertThatThrownBy(() -> config(10, 0, 4, -1, 1))
        .isInstanceOf(InvalidSettings.class)
        .hasMessage(
            """
            layers 0 must be greater than 0
            heads 4 must divide width 10
            maxLength -1 must be greater than 0
            dropout 1 must be at least 0 and less than 1""");
  }

  @Test
  void tooLargeSizesAreRejected() {
    assertThatThrownBy(() -> config(8, 10_001, 1, 2_000_000, 0))
        .isInstanceOf(InvalidSettings.class)
        .hasMessage(
            """
            layers 10001 must be at most 10000
            maxLength 2000000 must be at most 1048576""");
  }

  @Test
  void tooLargeFeedForwardLayersAreRejected() {
    TransformerConfig config =
        Sequences.config(Map.of("feedForward", new FeedForward.Config(1 << 20)));

    assertThatThrownBy(() -> config.build(TEXT))
        .isInstanceOf(InvalidSettings.class)
        .hasMessage("model.feedForward.multiple 1048576 must be at most 131072");
  }

  @Test
  void zeroHeadsAreRejected() {
    assertThatThrownBy(() -> config(8, 1, 0, 6, 0)).hasMessage("heads 0 must be greater than 0");
  }

  @Test
  void taskSelectsTheModelClass() {
    TransformerConfig classifier = Sequences.config(Task.CLASSIFICATION, 0);
    TransformerConfig languageModel = Sequences.config(Task.LANGUAGE_MODEL, 0);

    assertThat(classifier.build(TEXT)).isInstanceOf(TransformerModel.class);
    assertThat(languageModel.build(TEXT)).isInstanceOf(TransformerLanguageModel.class);
  }

  @Test
  void activationCheckpointingGivesTheSameGradients() {
    assertThat(gradients(true)).isEqualTo(gradients(false));
  }

  /** The gradients of the sum of the logits. */
  private static List<List<Float>> gradients(boolean activationCheckpointing) {
    TransformerConfig config =
        Sequences.config(Map.of("layers", 2, "activationCheckpointing", activationCheckpointing));
    try (BaseModel model = config.build(TEXT);
        Batch batch =
            new Batch(
                Sequences.padded(4, 0, new long[] {1, 2, 3}, new long[] {4, 5, 6, 1}),
                Device.cpu())) {
      model.initialize(Device.cpu(), 1);
      model.setTraining(true);
      try (Gradients gradients = new Gradients(model.parameters());
          ForwardScope scope = ForwardScope.record(1)) {
        gradients.add(model.forward(batch).sum(), scope);
        return gradients.accumulated().stream()
            .map(gradient -> floats(gradient.array().toFloatArray()))
            .toList();
      }
    }
  }

  private static List<Float> floats(float[] values) {
    List<Float> floats = new ArrayList<>();
    for (float value : values) {
      floats.add(value);
    }
    return floats;
  }

  @Test
  void dataWithoutTokensIsRejected() {
    DataSpec features = DataSpec.ofFeatures(4, List.of("no", "yes"));

    assertThatThrownBy(() -> TransformerConfig.defaults().build(features))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("no tokens");
  }

  @Test
  void classifierWithOneLabelIsRejected() {
    DataSpec one = DataSpec.ofText(7, 0, List.of("only"));

    assertThatThrownBy(() -> TransformerConfig.defaults().build(one))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("two labels")
        .hasMessageContaining("[only]");
  }

  private static TransformerConfig config(
      int width, int layers, int heads, int maxLength, double dropout) {
    return Sequences.config(
        Map.of(
            "width",
            width,
            "layers",
            layers,
            "heads",
            heads,
            "maxLength",
            maxLength,
            "dropout",
            dropout));
  }
}
