package dev.counterpoint.models.tabular;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.data.DataSpec;
import dev.counterpoint.core.data.HostBatch;
import dev.counterpoint.core.data.HostTensor;
import dev.counterpoint.core.data.TableSpec;
import dev.counterpoint.core.kernel.ForwardScope;
import dev.counterpoint.core.kernel.Torch;
import dev.counterpoint.core.loss.Loss;
import dev.counterpoint.core.loss.OutputActivation;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.model.ModelConfig;
import dev.counterpoint.core.parameter.Gradients;
import dev.counterpoint.core.parameter.Parameter;
import dev.counterpoint.core.settings.InvalidSettings;
import dev.counterpoint.core.settings.RecordCopy;
import dev.counterpoint.models.transformer.TransformerConfig;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class TabularModelsTest {
  private static final List<List<Double>> BINS =
      List.of(List.of(-1.0, 0.0, 2.0), List.of(0.0, 1.0));
  private static final DataSpec CLASSES =
      spec(List.of("no", "maybe", "yes"), DataSpec.Target.CLASS, List.of(), List.of());
  private static final DataSpec NUMBERS =
      spec(List.of("a", "b"), DataSpec.Target.NUMBERS, List.of(100.0, -5.0), List.of(10.0, 0.5));

  private static DataSpec spec(
      List<String> labels, DataSpec.Target target, List<Double> means, List<Double> deviations) {
    TableSpec table = new TableSpec(List.of(3, 5), BINS, means, deviations);
    return new DataSpec(0, 0, 2, labels, null, null, null, target, table, null, null, null);
  }

  static Stream<ModelConfig> configs() {
    return Stream.of(
        new MlpConfig(8, 2, 0.1, 4, null),
        new MlpConfig(8, 2, 0.1, 4, new PeriodicEmbedding.Config(5, 6, 0.5)),
        new MlpConfig(8, 2, 0.1, 4, new PiecewiseLinearEmbedding.Config(5)),
        new FtTransformerConfig(8, 2, 2, 4.0 / 3, 0.2, 0.1, 0.1, false),
        new FtTransformerConfig(8, 2, 2, 4.0 / 3, 0, 0, 0, true));
  }

  private static HostBatch rows(HostTensor labels) {
    return HostBatch.of(
        2,
        Map.of(
            Batch.FEATURES, HostTensor.of(new float[] {0.5f, 1, -2, 0}, 2, 2),
            Batch.CATEGORIES, HostTensor.of(new long[] {2, 4, 0, 0}, 2, 2),
            Batch.LABELS, labels));
  }

  private static BaseModel initialized(ModelConfig config, DataSpec data) {
    BaseModel model = config.build(data);
    model.initialize(Device.cpu(), 17);
    model.setTraining(false);
    return model;
  }

  @ParameterizedTest
  @MethodSource("configs")
  void classifierComputesLogitsAndAllParametersHaveAGradient(ModelConfig config) {
    HostBatch rows = rows(HostTensor.of(new long[] {0, 2}, 2));
    try (BaseModel model = initialized(config, CLASSES)) {
      model.setTraining(true);
      try (Batch batch = new Batch(rows, Device.cpu());
          Gradients gradients = new Gradients(model.parameters());
          ForwardScope scope = ForwardScope.record(17)) {
        NDArray output = model.forward(batch);
        assertThat(output.getShape()).isEqualTo(new Shape(2, 3));
        gradients.add(model.loss(output, batch).sum(), scope);
        assertThat(gradients.accumulated())
            .allSatisfy(
                gradient ->
                    assertThat(gradient.array().toFloatArray())
                        .as(gradient.parameter().name())
                        .isNotEqualTo(new float[(int) gradient.array().size()]));
        assertThat(gradients.accumulated())
            .hasSize((int) model.parameters().stream().filter(Parameter::trainable).count());
      }
      assertThat(model.outputActivation()).contains(OutputActivation.SOFTMAX);
    }
  }

  @ParameterizedTest
  @MethodSource("configs")
  void aRowIsIndependentOfTheOthersInItsBatch(ModelConfig config) {
    try (BaseModel model = initialized(config, CLASSES)) {
      float[] both = forward(model, new float[] {0.5f, 1, -2, 0}, new long[] {2, 4, 0, 0});
      float[] second = forward(model, new float[] {-2, 0}, new long[] {0, 0});

      assertThat(second).containsExactly(new float[] {both[3], both[4], both[5]}, within(1e-5f));
    }
  }

  private static float[] forward(BaseModel model, float[] features, long[] ids) {
    int size = features.length / 2;
    HostBatch rows =
        HostBatch.of(
            size,
            Map.of(
                Batch.FEATURES, HostTensor.of(features, size, 2),
                Batch.CATEGORIES, HostTensor.of(ids, size, 2)));
    try (Batch batch = new Batch(rows, Device.cpu());
        Torch.Recording noGradients = Torch.noGradients()) {
      return model.forward(batch).toFloatArray();
    }
  }

  @ParameterizedTest
  @MethodSource("configs")
  void numbersHaveTheUnitOfTheTargetsAndALossInDeviations(ModelConfig config) {
    HostBatch rows = rows(HostTensor.of(new float[] {110, -5, 90, -4}, 2, 2));
    try (BaseModel model = initialized(config, NUMBERS);
        Batch batch = new Batch(rows, Device.cpu());
        Torch.Recording noGradients = Torch.noGradients()) {
      model.parameters().stream()
          .filter(parameter -> parameter.name().startsWith("head."))
          .forEach(parameter -> parameter.value().set(new float[(int) parameter.shape().size()]));

      NDArray output = model.forward(batch);

      assertThat(output.toFloatArray()).containsExactly(100, -5, 100, -5);
      assertThat(model.loss(output, batch).total()).isCloseTo(1 + 1 + 4, within(1e-4));
      assertThat(model.loss(output, batch).weight()).isEqualTo(4);
      assertThat(model.outputActivation()).contains(OutputActivation.IDENTITY);
    }
  }

  @ParameterizedTest
  @MethodSource("configs")
  void aTextIsTheMeanOfItsTokens(ModelConfig config) {
    DataSpec texts = RecordCopy.with(CLASSES, "vocabularySize", 5);
    try (BaseModel model = initialized(config, texts)) {
      float[] once = forward(model, new long[] {1, 2, 0}, new float[] {1, 1, 0});
      float[] twice = forward(model, new long[] {2, 1, 1, 2}, new float[] {1, 1, 1, 1});
      float[] other = forward(model, new long[] {1, 3}, new float[] {1, 1});

      assertThat(twice).containsExactly(once, within(1e-5f));
      assertThat(other).isNotEqualTo(once);
    }
  }

  private static float[] forward(BaseModel model, long[] ids, float[] mask) {
    HostBatch row =
        HostBatch.of(
            1,
            Map.of(
                Batch.FEATURES, HostTensor.of(new float[] {0.5f, 1}, 1, 2),
                Batch.CATEGORIES, HostTensor.of(new long[] {2, 4}, 1, 2),
                Batch.IDS, HostTensor.of(ids, 1, ids.length),
                Batch.MASK, HostTensor.of(mask, 1, mask.length)));
    try (Batch batch = new Batch(row, Device.cpu());
        Torch.Recording noGradients = Torch.noGradients()) {
      return model.forward(batch).toFloatArray();
    }
  }

  @Test
  void aTransformerRejectsATableWithOtherColumns() {
    DataSpec texts = RecordCopy.with(CLASSES, "vocabularySize", 5);

    assertThatThrownBy(() -> TransformerConfig.defaults().build(texts))
        .isInstanceOf(InvalidSettings.class);
  }

  /** The encoding of -2 is (-1, 0), of -0.5 (0.5, 0), of 1 (1, 0.5), of 4 (1, 2). */
  @Test
  void piecewiseLinearEncodingHasTheFormulaOfThePaper() {
    Layers layers = new Layers(new PiecewiseLinearEmbedding.Config(1).build(CLASSES));
    try (layers) {
      layers.initialize(Device.cpu(), 1);
      set(layers, "embedding.linear.weight", 1, 10, 1, 0);
      set(layers, "embedding.linear.bias", 1, 0);

      assertThat(layers.first(-2, -0.5f, 1, 4)).containsExactly(0, 1.5f, 7, 22);
    }
  }

  @Test
  void periodicEmbeddingHasTheFormulaOfThePaper() {
    Layers layers = new Layers(new PeriodicEmbedding.Config(1, 1, 1.0).build(CLASSES));
    try (layers) {
      layers.initialize(Device.cpu(), 1);
      set(layers, "embedding.frequencies", 0.25f, 1);
      set(layers, "embedding.linear.weight", 1, 10, 0, 0);
      set(layers, "embedding.linear.bias", 0, 0);

      float[] found = layers.first(0, 1, -1, 0.5f);

      float half = (float) Math.sqrt(0.5);
      assertThat(found).containsExactly(new float[] {1, 10, 0, 11 * half}, within(1e-5f));
    }
  }

  private static void set(BaseModel model, String name, float... values) {
    Parameter parameter =
        model.parameters().stream().filter(it -> it.name().equals(name)).findFirst().orElseThrow();
    parameter.value().set(values);
  }

  /** Embeddings of two features, to compute those of the first one. */
  private static final class Layers extends BaseModel {
    private final NumericEmbedding embedding;

    Layers(NumericEmbedding embedding) {
      this.embedding = embedding;
    }

    float[] first(float... values) {
      try (NDManager manager = NDManager.newBaseManager();
          Torch.Recording noGradients = Torch.noGradients()) {
        float[] features = new float[2 * values.length];
        IntStream.range(0, values.length).forEach(i -> features[2 * i] = values[i]);
        NDArray x = manager.create(features, new Shape(values.length, 2));
        return embedding.forward(x).get(":, 0").flatten().toFloatArray();
      }
    }

    @Override
    public NDArray forward(Batch batch) {
      return embedding.forward(batch.features());
    }

    @Override
    public Loss lossFunction() {
      throw new UnsupportedOperationException();
    }
  }

  @Test
  void theFirstBlockHasNoNormBeforeItsAttention() {
    List<String> names =
        new FtTransformerConfig(8, 2, 2, 4.0 / 3, 0, 0, 0, false)
            .build(CLASSES).parameters().stream().map(Parameter::name).toList();

    assertThat(names).doesNotContain("blocks.0.attentionNorm.weight");
    assertThat(names).contains("blocks.1.attentionNorm.weight", "blocks.0.up.weight");
  }

  @Test
  void attentionBiasesStartAtZeroAndTokensAreWithinTheirBound() {
    FtTransformerConfig config = new FtTransformerConfig(16, 1, 2, 4.0 / 3, 0, 0, 0, false);
    try (BaseModel model = initialized(config, CLASSES)) {
      for (Parameter parameter : model.parameters()) {
        if (parameter.name().startsWith("tokenizer.")) {
          assertThat(parameter.value().abs().max().getFloat()).isBetween(0.1f, 0.25f);
        }
        if (parameter.name().matches("blocks.*(query|key|value|output).bias")) {
          assertThat(parameter.value().abs().max().getFloat()).isZero();
        }
      }
    }
  }

  @Test
  void aTableOfCategoriesOnlyIsSupported() {
    DataSpec data =
        new DataSpec(
            0,
            0,
            0,
            List.of("no", "yes"),
            null,
            null,
            null,
            DataSpec.Target.CLASS,
            new TableSpec(List.of(3), List.of(), List.of(), List.of()),
            null,
            null,
            null);
    HostBatch rows =
        HostBatch.of(2, Map.of(Batch.CATEGORIES, HostTensor.of(new long[] {2, 0}, 2, 1)));
    configs()
        .forEach(
            config -> {
              try (BaseModel model = initialized(config, data);
                  Batch batch = new Batch(rows, Device.cpu());
                  Torch.Recording noGradients = Torch.noGradients()) {
                assertThat(model.forward(batch).getShape()).isEqualTo(new Shape(2, 2));
              }
            });
  }

  @Test
  void dataWithoutColumnsIsRejected() {
    DataSpec text = DataSpec.ofText(7, 0, List.of("no", "yes"));

    assertThatThrownBy(() -> MlpConfig.defaults().build(text))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContainingAll("mlp", "tabular");
  }

  @Test
  void impossibleSettingsAreRejectedTogether() {
    assertThatThrownBy(() -> new FtTransformerConfig(10, 0, 4, 0, 1, 0, 0, false))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContainingAll("layers", "heads", "feedForward", "attentionDropout");
  }
}
