package dev.counterpoint.core.kernel.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.counterpoint.core.kernel.Autograd;
import dev.counterpoint.core.kernel.Precision;
import dev.counterpoint.core.kernel.Torch;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class AttentionKernelTest {
  private static final int BATCH = 2;
  private static final int HEADS = 3;
  private static final int WIDTH = 8;

  private final NDManager manager = Torch.newManager(Device.cpu());

  @AfterEach
  void close() {
    manager.close();
  }

  @ParameterizedTest
  @CsvSource({
    "5, 5, false, false",
    "5, 5, true, false",
    "3, 5, false, false",
    "3, 5, true, false",
    "1, 5, true, false",
    "5, 5, false, true",
    "5, 5, true, true",
    "3, 5, true, true"
  })
  void valuesAndGradientsEqualTheFormula(int queries, int keys, boolean causal, boolean masked) {
    List<NDArray> inputs = inputs(queries, keys);
    NDArray mask = masked ? manager.create(new float[][] {{1, 1, 1, 0, 0}, {1, 1, 1, 1, 1}}) : null;
    AttentionKernel kernel = new AttentionKernel(HEADS, causal, 0, Precision.FLOAT32);

    Autograd actual = Autograd.of(it -> attend(kernel, it, mask), inputs);
    Autograd expected =
        Autograd.of(
            it -> reference(it.get(0), it.get(1), it.get(2), bias(queries, keys, causal, mask)),
            inputs);

    assertThat(actual.result()).containsExactly(expected.result(), within(2e-6f));
    for (int i = 0; i < 3; i++) {
      assertThat(actual.gradients().get(i))
          .containsExactly(expected.gradients().get(i), within(5e-6f));
    }
  }

  /**
   * Attention of query, key and value with divided heads. The first keys, for which there are no
   * queries, are cached ones.
   */
  private static NDArray attend(AttentionKernel kernel, List<NDArray> it, @Nullable NDArray mask) {
    long past = it.get(1).getShape().get(2) - it.get(0).getShape().get(2);
    String earlier = ":, :, :" + past;
    String later = ":, :, " + past + ":";
    AttentionKernel.KeysValues cached =
        past == 0
            ? null
            : new AttentionKernel.KeysValues(it.get(1).get(earlier), it.get(2).get(earlier));
    NDArray key = joined(it.get(1).get(later));
    NDArray value = joined(it.get(2).get(later));
    NDArray result = kernel.attend(joined(it.get(0)), key, value, mask, cached).x();
    Shape shape = it.get(0).getShape();
    return result.reshape(shape.get(0), shape.get(2), shape.get(1), -1).transpose(0, 2, 1, 3);
  }

  /** (batch, heads, tokens, headWidth) to (batch, tokens, width). */
  private static NDArray joined(NDArray heads) {
    Shape shape = heads.getShape();
    return heads.transpose(0, 2, 1, 3).reshape(shape.get(0), shape.get(2), -1);
  }

  private List<NDArray> inputs(int queries, int keys) {
    return List.of(
        Autograd.normal(manager, 1, BATCH, HEADS, queries, WIDTH),
        Autograd.normal(manager, 2, BATCH, HEADS, keys, WIDTH),
        Autograd.normal(manager, 3, BATCH, HEADS, keys, WIDTH));
  }

  private static NDArray reference(NDArray query, NDArray key, NDArray value, NDArray bias) {
    NDArray scores = query.matMul(key.swapAxes(2, 3)).div(Math.sqrt(WIDTH)).add(bias);
    return scores.softmax(-1).matMul(value);
  }

  private NDArray bias(int queries, int keys, boolean causal, @Nullable NDArray mask) {
    float[] bias = new float[BATCH * queries * keys];
    for (int i = 0; i < bias.length; i++) {
      int example = i / (queries * keys);
      int query = i / keys % queries;
      int key = i % keys;
      boolean later = causal && key > query + keys - queries;
      boolean hidden = mask != null && mask.getFloat(example, key) == 0;
      bias[i] = later || hidden ? -1e30f : 0;
    }
    return manager.create(bias, new Shape(BATCH, 1, queries, keys));
  }

  @Test
  void queryWithoutVisibleKeysGetsTheMeanOfTheValues() {
    List<NDArray> inputs = inputs(5, 5);
    NDArray mask = manager.create(new float[][] {{0, 0, 0, 0, 0}, {1, 1, 1, 1, 1}});
    AttentionKernel kernel = new AttentionKernel(HEADS, false, 0, Precision.FLOAT32);

    Autograd actual = Autograd.of(it -> attend(kernel, it, mask), inputs);

    float[] mean = inputs.get(2).get("0,0").mean(new int[] {0}).toFloatArray();
    for (int i = 0; i < WIDTH; i++) {
      assertThat(actual.result()[i]).isEqualTo(mean[i], within(1e-6f));
    }
    for (float[] gradient : actual.gradients()) {
      for (float element : gradient) {
        assertThat(element).isFinite();
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"false", "true"})
  void dropoutDropsWithItsProbabilityAndPreservesTheMean(boolean masked) {
    // The value of each key is its unit vector, so the result is the attention weights.
    int keys = 200;
    NDArray equal = manager.zeros(new Shape(1, 4, keys, 1));
    NDArray identity = manager.eye(keys).reshape(1, 1, keys, keys).repeat(1, 4);
    NDArray mask = masked ? manager.ones(new Shape(1, keys)) : null;
    Torch.seed(1);

    AttentionKernel kernel = new AttentionKernel(4, false, 0.25, Precision.FLOAT32);
    NDArray weights = attend(kernel, List.of(equal, equal, identity), mask);

    assertThat(weights.eq(0).toType(DataType.FLOAT32, false).mean().getFloat())
        .isEqualTo(0.25f, within(0.01f));
    assertThat(weights.sum().getFloat() / (4 * keys)).isEqualTo(1f, within(0.01f));
  }

  /**
   * The result is linear in the values, so values times their gradient equals result times its
   * gradient.
   */
  @Test
  void gradientOfValuesUsesTheKeptWeights() {
    NDArray equal = manager.zeros(new Shape(1, 2, 50, 4));
    NDArray value = Autograd.normal(manager, 2, 1, 2, 50, 4);
    value.setRequiresGradient(true);
    try (Torch.Recording recording = Torch.recordGradients()) {
      AttentionKernel kernel = new AttentionKernel(2, false, 0.25, Precision.FLOAT32);
      NDArray result = attend(kernel, List.of(equal, equal, value), null);
      NDArray up = Autograd.normal(manager, 3, 1, 2, 50, 4);
      NDArray sum = result.mul(up).sum();
      Torch.backward(sum);
      assertThat(value.getGradient().mul(value).sum().getFloat())
          .isCloseTo(sum.getFloat(), within(1e-4f));
    }
  }
}
