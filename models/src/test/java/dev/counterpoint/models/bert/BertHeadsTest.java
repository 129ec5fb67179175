package dev.counterpoint.models.bert;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.ndarray.types.Shape;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.data.DataSpec;
import dev.counterpoint.core.data.HostBatch;
import dev.counterpoint.core.data.HostTensor;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.model.Predictor;
import dev.counterpoint.core.parameter.Parameter;
import dev.counterpoint.models.bert.BertConfig.Task;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** BERT heads without a recorded reference, and properties common to all heads. */
class BertHeadsTest {
  private static final DataSpec DATA = DataSpec.ofText(20, 0, List.of("a", "b", "c"));
  private static final HostBatch TWO = batch(2, 3, 4, 5, 6, 7, 8);

  @Test
  void tokenClassifierHasLogitsPerToken() {
    with(
        Task.TOKEN_CLASSIFICATION,
        model ->
            assertThat(new Predictor(model).predict(TWO).shape()).isEqualTo(new Shape(2, 3, 3)));
  }

  @Test
  void languageModelHasLogitsOverTheVocabulary() {
    with(
        Task.LANGUAGE_MODEL,
        model ->
            assertThat(new Predictor(model).predict(TWO).shape()).isEqualTo(new Shape(2, 3, 20)));
  }

  @Test
  void languageModelHeadSharesTheTokenEmbedding() {
    with(
        Task.LANGUAGE_MODEL,
        model ->
            assertThat(model.parameters())
                .extracting(Parameter::name)
                .contains("bert.embeddings.word_embeddings.weight", "cls.predictions.bias")
                .noneMatch(name -> name.contains("decoder")));
  }

  @Test
  void paddingDoesNotInfluenceTheOutput() {
    with(
        Task.CLASSIFICATION,
        model -> {
          float[] unpadded = new Predictor(model).predict(batch(1, 2, 3, 4)).floats();
          float[] padded = new Predictor(model).predict(batch(1, 2, 3, 4, 9, 8)).floats();
          float[] masked = new Predictor(model).predict(masked(3, 2, 3, 4, 9, 8)).floats();
          assertThat(masked).usingComparatorWithPrecision(1e-6f).containsExactly(unpadded);
          assertThat(padded).isNotEqualTo(unpadded);
        });
  }

  private static void with(Task task, Consumer<BaseModel> use) {
    BertArchitecture architecture =
        new BertArchitecture(
            null,
            8,
            2,
            2,
            16,
            6,
            2,
            BertArchitecture.defaults().activation(),
            0.1,
            0.1,
            null,
            1e-12,
            0.5,
            true);
    try (BaseModel model = new BertConfig(task, null, architecture).build(DATA)) {
      model.initialize(Device.cpu(), 1);
      use.accept(model);
    }
  }

  private static HostBatch batch(int examples, long... ids) {
    return HostBatch.of(
        examples, Map.of(Batch.IDS, HostTensor.of(ids, examples, ids.length / examples)));
  }

  private static HostBatch masked(int tokens, long... ids) {
    float[] mask = new float[ids.length];
    java.util.Arrays.fill(mask, 0, tokens, 1);
    return HostBatch.of(
        1,
        Map.of(
            Batch.IDS, HostTensor.of(ids, 1, ids.length),
            Batch.MASK, HostTensor.of(mask, 1, ids.length)));
  }
}
