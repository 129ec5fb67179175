package dev.counterpoint.core.model.position;

import static dev.counterpoint.core.model.Layers.floats;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.databind.JsonNode;
import dev.counterpoint.core.kernel.Precision;
import dev.counterpoint.core.kernel.Torch;
import dev.counterpoint.core.kernel.operator.AttentionKernel;
import dev.counterpoint.core.model.Layers;
import dev.counterpoint.core.model.Parts;
import dev.counterpoint.core.model.attention.Attention;
import dev.counterpoint.core.model.attention.AttentionConfig;
import dev.counterpoint.core.model.attention.MultiHeadAttention;
import dev.counterpoint.core.settings.InvalidSettings;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PositionsTest {
  private final NDManager manager = Torch.newManager(Device.cpu());

  @AfterEach
  void close() {
    manager.close();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1})
  void alibiEqualsTheAttentionOfBloom(int index) {
    JsonNode recorded = Layers.recorded("alibi").get(index);
    int heads = recorded.path("heads").asInt();
    NDArray query = array(recorded.path("query"), 5);
    RelativePositions positions = relative(new AlibiPositions(), 2 * heads, heads);

    AttentionKernel kernel = new AttentionKernel(heads, true, 0, Precision.FLOAT32);
    NDArray mixed =
        kernel
            .attend(
                query,
                array(recorded.path("key"), 5),
                array(recorded.path("value"), 5),
                null,
                null,
                positions.bias(query))
            .x();

    assertThat(mixed.toFloatArray()).containsExactly(floats(recorded.path("mixed")), within(1e-6f));
  }

  @Test
  void alibiReducesScoresByTheDistanceInBothDirections() {
    NDArray x = manager.zeros(new Shape(1, 3, 2));

    assertThat(relative(new AlibiPositions(), 2, 1).bias(x).mul(256).toFloatArray())
        .containsExactly(new float[] {0, -1, -2, -1, 0, -1, -2, -1, 0}, within(0f));
  }

  @Test
  void rotaryEqualsRoFormer() {
    JsonNode recorded = Layers.recorded("rotary");
    RelativePositions positions = relative(RotaryPositions.defaults(), 8, 2);

    NDArray rotated = positions.rotate(array(recorded.path("x"), 6));

    assertThat(rotated.toFloatArray())
        .containsExactly(floats(recorded.path("rotated")), within(1e-6f));
  }

  @Test
  void rotaryNeedsPairsOfFeatures() {
    PositionsConfig.Size size = new PositionsConfig.Size(9, 3, 8);

    assertThatThrownBy(() -> RotaryPositions.defaults().build(size))
        .isInstanceOf(InvalidSettings.class)
        .hasMessageContaining("3");
  }

  @Test
  void sinusoidsEqualTheFormula() {
    SinusoidalPositions config = new SinusoidalPositions(100, 2);

    float[] table =
        config
            .build(new PositionsConfig.Size(4, 1, 8))
            .addTo(manager.zeros(new Shape(1, 3, 4)))
            .toFloatArray();

    for (int position = 0; position < 3; position++) {
      for (int i = 0; i < 2; i++) {
        double angle = position / Math.pow(100, i / 2.0);
        assertThat(table[position * 4 + 2 * i])
            .isCloseTo((float) (2 * Math.sin(angle)), within(1e-6f));
        assertThat(table[position * 4 + 2 * i + 1])
            .isCloseTo((float) (2 * Math.cos(angle)), within(1e-6f));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void paddingDoesNotInfluenceAttentionWithABias(boolean causal) {
    Attention attention =
        new MultiHeadAttention.Config()
            .build(
                new AttentionConfig.BlockSpec(
                    4, 2, causal, 0, relative(new AlibiPositions(), 4, 2)));
    try (Parts model = Parts.of((MultiHeadAttention) attention)) {
      NDArray all = manager.arange(24f).sin().reshape(1, 6, 4);
      NDArray mask = manager.create(new float[] {1, 1, 1, 1, 0, 0}, new Shape(1, 6));

      float[] padded = attention.forward(all, mask).get(":, :4").toFloatArray();

      assertThat(padded)
          .containsExactly(attention.forward(all.get(":, :4")).toFloatArray(), within(1e-6f));
      assertThat(model.parameters()).hasSize(8);
    }
  }

  private static RelativePositions relative(PositionsConfig config, int width, int heads) {
    return (RelativePositions) config.build(new PositionsConfig.Size(width, heads, 8));
  }

  /** (1, tokens, width). */
  private NDArray array(JsonNode numbers, int tokens) {
    return manager.create(floats(numbers)).reshape(1, tokens, -1);
  }
}
