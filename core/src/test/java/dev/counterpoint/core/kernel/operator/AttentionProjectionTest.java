package dev.counterpoint.core.kernel.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.core.Linear;
import dev.counterpoint.core.kernel.Autograd;
import dev.counterpoint.core.kernel.Kernel;
import dev.counterpoint.core.kernel.Precision;
import dev.counterpoint.core.kernel.Torch;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Compares values and gradients of attention with projections, packed and not, with an
 * implementation by NDArray operators.
 */
class AttentionProjectionTest {
  private final NDManager manager = Torch.newManager(Device.cpu());

  @AfterEach
  void close() {
    manager.close();
  }

  private NDArray normal(long seed, long... shape) {
    return Autograd.normal(manager, seed, shape);
  }

  @ParameterizedTest
  @CsvSource({"FLOAT32, false", "FLOAT32, true", "BFLOAT16, false", "BFLOAT16, true"})
  void multiHeadAttentionEqualsTheFormula(Precision precision, boolean causal) {
    compareAttention(precision, causal, 0);
  }

  /**
   * A dropout probability so small that nothing is dropped still selects the code path with
   * dropout.
   */
  @Test
  void dropoutPathEqualsTheFormulaIfNothingIsDropped() {
    compareAttention(Precision.FLOAT32, false, 1e-12);
  }

  @ParameterizedTest
  @CsvSource({"false, 0", "false, 1e-12", "true, 0", "true, 1e-12"})
  void bfloat16AttentionEqualsTheFormulaOnEveryProcessor(boolean inFloat32, double dropout) {
    Map<String, Object> constants = new HashMap<>(Precision.BFLOAT16.constants(inFloat32));
    constants.putAll(Map.of("heads", 2L, "causal", false, "dropout", dropout));
    Kernel kernel = Kernel.load("multi_head_attention", constants);
    compareAttention(
        false,
        Autograd.BFLOAT16_ERROR,
        (it, mask) -> {
          List<NDArray> inputs = new ArrayList<>(it);
          inputs.add(1, mask);
          return kernel.apply(inputs.toArray(NDArray[]::new)).get(0);
        });
  }

  private void compareAttention(Precision precision, boolean causal, double dropout) {
    AttentionKernel kernel = new AttentionKernel(2, causal, dropout, precision);
    compareAttention(
        causal,
        Autograd.error(precision),
        (it, mask) -> kernel.project(it.get(0), mask, it.subList(1, 9).toArray(NDArray[]::new)));
  }

  /** Compares attention with two heads; {@code attention} receives the inputs and the mask. */
  private void compareAttention(
      boolean causal, float error, BiFunction<List<NDArray>, NDArray, NDArray> attention) {
    NDArray mask = manager.create(new float[] {1, 1, 1, 1, 0, 1}).reshape(2, 3);
    Autograd.compare(
        it -> attention.apply(it, mask),
        it -> attend(it, mask, 2, causal),
        List.of(
            normal(1, 2, 3, 4),
            normal(2, 4, 4),
            normal(3, 4),
            normal(4, 4, 4),
            normal(5, 4),
            normal(6, 4, 4),
            normal(7, 4),
            normal(8, 4, 4),
            normal(9, 4)),
        error);
  }

  private static NDArray attend(List<NDArray> it, NDArray mask, int heads, boolean causal) {
    NDArray x = it.get(0);
    long tokens = x.getShape().get(1);
    NDArray[] parts = new NDArray[3];
    for (int i = 0; i < 3; i++) {
      parts[i] =
          Linear.linear(x, it.get(1 + 2 * i), it.get(2 + 2 * i))
              .singletonOrThrow()
              .reshape(x.getShape().get(0), tokens, heads, -1)
              .transpose(0, 2, 1, 3);
    }
    double scale = 1 / Math.sqrt(parts[0].getShape().get(3));
    NDArray scores = parts[0].matMul(parts[1].transpose(0, 1, 3, 2)).mul(scale);
    NDArray bias = mask.sub(1).mul(1e9).reshape(x.getShape().get(0), 1, 1, tokens);
    if (causal) {
      NDArray positions = x.getManager().arange((float) tokens);
      NDArray later = positions.expandDims(0).gt(positions.expandDims(1));
      bias = bias.add(later.toType(DataType.FLOAT32, true).mul(-1e9));
    }
    NDArray context = scores.add(bias).softmax(3).matMul(parts[2]);
    return Linear.linear(context.transpose(0, 2, 1, 3).reshape(x.getShape()), it.get(7), it.get(8))
        .singletonOrThrow();
  }

  @ParameterizedTest
  @ValueSource(doubles = {0.25, 0.5})
  void dropoutDropsWithItsProbabilityAndPreservesTheMean(double dropout) {
    int tokens = 200;
    NDArray x = manager.zeros(new Shape(1, tokens, tokens));
    NDArray none = manager.zeros(new Shape(tokens, tokens));
    NDArray zero = manager.zeros(new Shape(tokens));
    NDArray identity = manager.eye(tokens);
    // Every weight is 1 / tokens and every value is 1, so the result counts the kept weights.
    NDArray ones = manager.ones(new Shape(tokens));
    Torch.seed(1);
    float[] context =
        new AttentionKernel(1, false, dropout, Precision.FLOAT32)
            .project(
                x,
                manager.ones(new Shape(1, tokens)),
                none,
                zero,
                none,
                zero,
                none,
                ones,
                identity,
                zero)
            .toFloatArray();

    double mean = 0;
    double squares = 0;
    for (int i = 0; i < tokens; i++) {
      mean += context[i * tokens] / tokens;
    }
    for (int i = 0; i < tokens; i++) {
      squares += Math.pow(context[i * tokens] - mean, 2) / tokens;
    }
    assertThat(mean).isCloseTo(1, within(0.03));
    // The mean of n numbers that are 0 or 1 / (1 - p) has the variance p / (1 - p) / n.
    assertThat(squares).isCloseTo(dropout / (1 - dropout) / tokens, within(0.5 / tokens));
  }

  @ParameterizedTest
  @CsvSource({"FLOAT32, true", "FLOAT32, false", "BFLOAT16, true", "BFLOAT16, false"})
  void packedAttentionEqualsMultiHeadAttention(Precision precision, boolean masked) {
    NDArray mask = masked ? manager.create(new float[] {1, 1, 1, 0, 1, 1}).reshape(2, 3) : null;
    AttentionKernel packed = new AttentionKernel(2, !masked, 0, precision);
    NDArray all = manager.ones(new Shape(2, 3));
    Autograd.compare(
        it ->
            packed
                .projectPacked(it.get(0), mask, null, it.get(1), it.get(2), it.get(3), it.get(4))
                .x(),
        it -> {
          NDList weights = it.get(1).split(3, 0);
          NDList biases = it.get(2).split(3, 0);
          List<NDArray> unpacked =
              List.of(
                  it.get(0),
                  weights.get(0),
                  biases.get(0),
                  weights.get(1),
                  biases.get(1),
                  weights.get(2),
                  biases.get(2),
                  it.get(3),
                  it.get(4));
          return attend(unpacked, mask == null ? all : mask, 2, !masked);
        },
        List.of(normal(1, 2, 3, 4), normal(2, 12, 4), normal(3, 12), normal(4, 4, 4), normal(5, 4)),
        Autograd.error(precision));
  }

  @Test
  void packedAttentionContinuesFromCachedKeysAndValues() {
    AttentionKernel kernel = new AttentionKernel(2, true, 0, Precision.FLOAT32);
    NDArray[] weights = {normal(2, 12, 4), normal(3, 12), normal(4, 4, 4), normal(5, 4)};
    NDArray x = normal(1, 2, 5, 4);
    NDArray full = kernel.projectPacked(x, null, null, weights).x();
    AttentionKernel.Result first = kernel.projectPacked(x.get(":, :3"), null, null, weights);
    AttentionKernel.Result second =
        kernel.projectPacked(x.get(":, 3:"), null, first.all(), weights);

    assertThat(second.x().toFloatArray())
        .containsExactly(full.get(":, 3:").toFloatArray(), within(1e-6f));
    assertThat(second.all().keys().getShape()).isEqualTo(new Shape(2, 2, 5, 2));
  }
}
