package dev.counterpoint.models.transformer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.data.DataSpec;
import dev.counterpoint.core.data.HostBatch;
import dev.counterpoint.core.kernel.ForwardScope;
import dev.counterpoint.core.model.Activation;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.model.FeedForwardConfig;
import dev.counterpoint.core.model.Layer;
import dev.counterpoint.core.model.LayerObserver;
import dev.counterpoint.core.model.Linear;
import dev.counterpoint.core.model.Predictor;
import dev.counterpoint.core.model.UnaryLayer;
import dev.counterpoint.core.model.attention.Attention;
import dev.counterpoint.core.model.attention.AttentionConfig;
import dev.counterpoint.core.model.block.GatedFeedForward;
import dev.counterpoint.core.model.block.RmsNorm;
import dev.counterpoint.core.model.embedding.FactorizedEmbedding;
import dev.counterpoint.core.model.head.MlpHead;
import dev.counterpoint.core.model.initializer.NormalInitializer;
import dev.counterpoint.core.model.initializer.XavierInitializer;
import dev.counterpoint.core.model.pooling.FirstPooling;
import dev.counterpoint.core.model.pooling.LastPooling;
import dev.counterpoint.core.model.pooling.MaxPooling;
import dev.counterpoint.core.model.position.AlibiPositions;
import dev.counterpoint.core.model.position.NoPositions;
import dev.counterpoint.core.model.position.RotaryPositions;
import dev.counterpoint.core.model.position.SinusoidalPositions;
import dev.counterpoint.core.parameter.Gradients;
import dev.counterpoint.core.settings.InvalidSettings;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Transformers with other feed-forward layers, norms, positions, pooling, embeddings and heads. */
class TransformerSlotsTest {
  private static final DataSpec DATA =
      DataSpec.ofText(Sequences.VOCABULARY, 0, List.of("a", "b", "c"));
  private static final long[] SHORT = {3, 1};
  private static final long[] LONG = {2, 4, 6, 1, 5};

  static Stream<Map<String, Object>> slots() {
    return Stream.of(
        Map.of("feedForward", GatedFeedForward.Config.defaults()),
        Map.of("norm", RmsNorm.Config.defaults()),
        Map.of("positions", SinusoidalPositions.defaults()),
        Map.of("positions", RotaryPositions.defaults()),
        Map.of("positions", new AlibiPositions()),
        Map.of("positions", new NoPositions()),
        Map.of("pooling", new MaxPooling()),
        Map.of("pooling", new FirstPooling()),
        Map.of("pooling", new LastPooling()),
        Map.of("embedding", new FactorizedEmbedding.Config(3)),
        Map.of("head", new MlpHead(Activation.TANH, 0)),
        Map.of("initializer", new NormalInitializer(0.5)),
        Map.of("initializer", new XavierInitializer()));
  }

  @ParameterizedTest
  @MethodSource("slots")
  void paddingDoesNotInfluenceTheLogits(Map<String, Object> slot) {
    try (BaseModel model = model(slot)) {
      float[] both = logits(model, Sequences.padded(5, 6, SHORT, LONG));

      assertThat(Arrays.copyOf(both, 3))
          .containsExactly(logits(model, Sequences.single(SHORT)), within(1e-6f));
      assertThat(Arrays.copyOfRange(both, 3, 6))
          .containsExactly(logits(model, Sequences.single(LONG)), within(1e-6f));
    }
  }

  @ParameterizedTest
  @MethodSource("slots")
  void everyParameterGetsAGradient(Map<String, Object> slot) {
    try (BaseModel model = model(slot)) {
      List<List<Float>> gradients = gradients(model);

      assertThat(gradients)
          .hasSameSizeAs(model.parameters())
          .allSatisfy(it -> assertThat(it).anyMatch(value -> value != 0));
      model.setActivationCheckpointing(true);
      assertThat(gradients(model)).isEqualTo(gradients);
    }
  }

  @ParameterizedTest
  @MethodSource("slots")
  void laterTokensDoNotInfluenceEarlierPositionsOfALanguageModel(Map<String, Object> slot) {
    Map<String, Object> settings = new TreeMap<>(slot);
    settings.put("task", TransformerConfig.Task.LANGUAGE_MODEL);
    try (BaseModel model = model(settings)) {
      int prefix = 3 * Sequences.VOCABULARY;

      assertThat(Arrays.copyOf(logits(model, Sequences.single(1, 2, 3, 4, 5)), prefix))
          .containsExactly(
              Arrays.copyOf(logits(model, Sequences.single(1, 2, 3, 6, 0)), prefix), within(1e-6f));
    }
  }

  @Test
  void onlyPositionsDistinguishTheOrderOfTokens() {
    for (Object positions :
        List.of(SinusoidalPositions.defaults(), RotaryPositions.defaults(), new AlibiPositions())) {
      try (BaseModel model = model(Map.of("positions", positions))) {
        assertThat(logits(model, Sequences.single(1, 3, 2)))
            .isNotEqualTo(logits(model, Sequences.single(3, 2, 1)));
      }
    }
    try (BaseModel model = model(Map.of("positions", new NoPositions()))) {
      assertThat(logits(model, Sequences.single(1, 3, 2)))
          .containsExactly(logits(model, Sequences.single(3, 2, 1)), within(1e-6f));
    }
  }

  @Test
  void initializersSetWeightsAndBiases() {
    try (BaseModel normal = model(Map.of("initializer", new NormalInitializer(0.5)));
        BaseModel xavier = model(Map.of("initializer", new XavierInitializer()))) {
      float[] weights = values(normal, "body.blocks.0.up.weight");
      float bound = (float) Math.sqrt(6.0 / (8 + 16));

      assertThat(rootMeanSquare(weights)).isCloseTo(0.5, within(0.1));
      assertThat(values(normal, "body.blocks.0.up.bias")).containsOnly(0);
      assertThat(values(normal, "body.norm.weight")).containsOnly(1);
      for (float value : values(xavier, "body.blocks.0.up.weight")) {
        assertThat(value).isBetween(-bound, bound);
      }
      assertThat(rootMeanSquare(values(xavier, "body.blocks.0.up.weight")))
          .isCloseTo(bound / Math.sqrt(3), within(0.05));
      assertThat(rootMeanSquare(values(xavier, "body.tokens.weight"))).isLessThan(0.04);
    }
  }

  @ParameterizedTest
  @EnumSource(TransformerConfig.Task.class)
  void embeddingAndHeadHaveTheirOwnParameters(TransformerConfig.Task task) {
    Map<String, Object> slots =
        Map.of(
            "task",
            task,
            "embedding",
            new FactorizedEmbedding.Config(3),
            "head",
            MlpHead.defaults(),
            "initializer",
            new XavierInitializer());
    try (BaseModel model = model(slots)) {
      boolean isClassifier = task == TransformerConfig.Task.CLASSIFICATION;

      assertThat(values(model, "body.tokens.table.weight")).hasSize(3 * Sequences.VOCABULARY);
      assertThat(values(model, "body.tokens.projection.weight")).hasSize(3 * 8);
      assertThat(rootMeanSquare(values(model, "body.tokens.projection.weight")))
          .isCloseTo(Math.sqrt(2.0 / (3 + 8)), within(0.1));
      assertThat(values(model, "head.layers.0.weight")).hasSize(8 * 8);
      assertThat(model.parameters().stream().anyMatch(it -> it.name().equals("head.layers.3.bias")))
          .isEqualTo(isClassifier);
    }
  }

  private static float[] values(BaseModel model, String name) {
    return model.parameters().stream()
        .filter(it -> it.name().equals(name))
        .findFirst()
        .orElseThrow()
        .value()
        .toFloatArray();
  }

  private static double rootMeanSquare(float[] values) {
    double sum = 0;
    for (float value : values) {
      sum += value * value;
    }
    return Math.sqrt(sum / values.length);
  }

  @Test
  void rotaryPositionsHaveNoMaximum() {
    try (BaseModel model = model(Map.of("positions", RotaryPositions.defaults()))) {
      assertThat(logits(model, Sequences.single(1, 2, 3, 4, 5, 6, 1, 2))).hasSize(3);
    }
  }

  @Test
  void attentionWithoutRelativePositionsRejectsThem() {
    AttentionConfig identity =
        block ->
            new Attention() {
              @Override
              public NDArray forward(NDArray x, NDArray mask) {
                return x;
              }
            };
    TransformerConfig config =
        Sequences.config(Map.of("attention", identity, "positions", new AlibiPositions()));

    assertThatThrownBy(() -> config.build(DATA))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("AlibiPositions")
        .hasMessageContaining("learned");
  }

  /** A feed-forward layer with a field that the block has, too. */
  private static final class Clashing extends Layer implements UnaryLayer {
    private final Linear attentionNorm = new Linear(8, 8);

    @Override
    public NDArray forward(NDArray x) {
      return attentionNorm.forward(x);
    }
  }

  @Test
  void twoParametersOfTheSameNameAreRejected() {
    FeedForwardConfig clashing = (int width, Activation activation) -> new Clashing();

    assertThatThrownBy(() -> model(Map.of("feedForward", clashing)))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("parameter names");
  }

  /** A feed-forward layer that does not observe its output. */
  private static final class Twice extends Layer implements UnaryLayer {
    @Override
    public NDArray forward(NDArray x) {
      return x.mul(2);
    }
  }

  @Test
  void thePartsOfABlockAreObservedOnce() {
    FeedForwardConfig twice = (int width, Activation activation) -> new Twice();
    List<String> observed = new ArrayList<>();
    try (BaseModel model = model(Map.of("feedForward", twice));
        LayerObserver observer =
            LayerObserver.begin(model, (layer, output) -> observed.add(layer))) {
      logits(model, Sequences.single(SHORT));
    }

    assertThat(observed)
        .containsOnlyOnce("body.blocks.0.attentionNorm (LayerNorm)")
        .containsOnlyOnce("body.blocks.0 (Twice)");
  }

  private static BaseModel model(Map<String, Object> slot) {
    BaseModel model = Sequences.config(slot).build(DATA);
    model.initialize(Device.cpu(), 1);
    return model;
  }

  private static float[] logits(BaseModel model, HostBatch examples) {
    return new Predictor(model).predict(examples).floats();
  }

  /** The gradients of a weighted sum of the logits. */
  private static List<List<Float>> gradients(BaseModel model) {
    model.setTraining(true);
    try (Batch batch = new Batch(Sequences.padded(5, 0, SHORT, LONG), Device.cpu());
        Gradients gradients = new Gradients(model.parameters());
        ForwardScope scope = ForwardScope.record(1)) {
      NDArray logits = model.forward(batch);
      gradients.add(logits.mul(logits).sum(), scope);
      List<List<Float>> values = new ArrayList<>();
      for (Gradients.Gradient gradient : gradients.accumulated()) {
        List<Float> floats = new ArrayList<>();
        for (float value : gradient.array().toFloatArray()) {
          floats.add(value);
        }
        values.add(floats);
      }
      return values;
    }
  }
}
