package dev.counterpoint.models.transformer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.types.Shape;
import dev.counterpoint.core.data.DataSpec;
import dev.counterpoint.core.data.HostBatch;
import dev.counterpoint.core.data.HostTensor;
import dev.counterpoint.core.kernel.Torch;
import dev.counterpoint.core.model.BaseModel;
import dev.counterpoint.core.model.Predictor;
import dev.counterpoint.core.parameter.Parameter;
import dev.counterpoint.models.lora.Lora;
import dev.counterpoint.models.transformer.TransformerConfig.Task;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class TransformerModelTest {
  private static final long[] SHORT = {3, 1};
  private static final long[] LONG = {2, 4, 6, 1, 5};

  private final BaseModel model =
      Sequences.config(Task.CLASSIFICATION, 0.5)
          .build(DataSpec.ofText(Sequences.VOCABULARY, 0, List.of("a", "b", "c")));

  @BeforeEach
  void initialize() {
    model.initialize(Device.cpu(), 1);
  }

  @AfterEach
  void close() {
    model.close();
  }

  @Test
  void logitsHaveOneValuePerExampleAndClass() {
    HostTensor logits = new Predictor(model).predict(Sequences.padded(5, 0, SHORT, LONG));

    assertThat(logits.shape()).isEqualTo(new Shape(2, 3));
  }

  @Test
  void paddingIdsDoNotInfluenceTheLogits() {
    assertThat(logits(Sequences.padded(5, 6, SHORT, LONG)))
        .isEqualTo(logits(Sequences.padded(5, 0, SHORT, LONG)));
  }

  @Test
  void paddingLengthDoesNotInfluenceTheLogits() {
    assertThat(logits(Sequences.padded(6, 0, SHORT)))
        .containsExactly(logits(Sequences.single(SHORT)), within(1e-6f));
  }

  @Test
  void logitsInABatchEqualThoseOfSingleExamples() {
    float[] both = logits(Sequences.padded(5, 0, SHORT, LONG));

    assertThat(Arrays.copyOf(both, 3))
        .containsExactly(logits(Sequences.single(SHORT)), within(1e-6f));
    assertThat(Arrays.copyOfRange(both, 3, 6))
        .containsExactly(logits(Sequences.single(LONG)), within(1e-6f));
  }

  @Test
  void mergedModelEqualsTheAdaptedModel() {
    DataSpec data = DataSpec.ofText(Sequences.VOCABULARY, 0, List.of("a", "b", "c"));
    try (BaseModel adapted = Sequences.config(Task.CLASSIFICATION, 0.5).build(data)) {
      new Lora(null, 2, 4.0, List.of("value"), null, null, false).applyTo(adapted);
      adapted.initialize(Device.cpu(), 1);
      HostBatch examples = Sequences.padded(5, 0, SHORT, LONG);
      float[] initial = new Predictor(adapted).predict(examples).floats();
      try (Torch.Recording noGradients = Torch.noGradients()) {
        adapted.parameters().stream().filter(Lora::isUpdate).forEach(it -> it.value().addi(0.1f));
      }

      float[] logits = new Predictor(adapted).predict(examples).floats();
      Lora.merge(adapted);

      assertThat(logits).isNotEqualTo(initial);
      assertThat(new Predictor(adapted).predict(examples).floats())
          .containsExactly(logits, within(1e-5f));
    }
  }

  @Test
  void missingMaskMeansNoPadding() {
    HostBatch examples = Sequences.padded(5, 0, LONG, new long[] {1, 2, 3, 4, 5});

    assertThat(logits(Sequences.unmasked(examples)))
        .containsExactly(logits(examples), within(1e-6f));
  }

  @Test
  void logitsDependOnTheTokenOrder() {
    assertThat(logits(Sequences.single(1, 3))).isNotEqualTo(logits(Sequences.single(3, 1)));
  }

  @Test
  void tooLongExampleIsRejected() {
    assertThatThrownBy(() -> logits(Sequences.single(1, 2, 3, 4, 5, 6, 1)))
        .hasMessageContaining("7 rows of body.positions.weight")
        .hasMessageContaining("6");
  }

  @Test
  void parameterNamesAndShapesAreStable() {
    assertThat(model.parameters())
        .extracting(Parameter::toString)
        .containsExactly(
            "body.tokens.weight(7, 8)",
            "body.positions.weight(6, 8)",
            "body.blocks.0.attentionNorm.weight(8)",
            "body.blocks.0.attentionNorm.bias(8)",
            "body.blocks.0.attention.query.weight(8, 8)",
            "body.blocks.0.attention.query.bias(8)",
            "body.blocks.0.attention.key.weight(8, 8)",
            "body.blocks.0.attention.key.bias(8)",
            "body.blocks.0.attention.value.weight(8, 8)",
            "body.blocks.0.attention.value.bias(8)",
            "body.blocks.0.attention.output.weight(8, 8)",
            "body.blocks.0.attention.output.bias(8)",
            "body.blocks.0.feedForwardNorm.weight(8)",
            "body.blocks.0.feedForwardNorm.bias(8)",
            "body.blocks.0.up.weight(16, 8)",
            "body.blocks.0.up.bias(16)",
            "body.blocks.0.down.weight(8, 16)",
            "body.blocks.0.down.bias(8)",
            "body.norm.weight(8)",
            "body.norm.bias(8)",
            "head.weight(3, 8)",
            "head.bias(3)");
  }

  private float[] logits(HostBatch examples) {
    return new Predictor(model).predict(examples).floats();
  }
}
