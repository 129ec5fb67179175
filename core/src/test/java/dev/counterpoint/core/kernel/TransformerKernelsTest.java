package dev.counterpoint.core.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.nn.Activation;
import ai.djl.nn.core.Linear;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Each kernel against the same written out with operators of NDArray, values and gradients. */
class TransformerKernelsTest {
  /** bfloat16 has 8 bits, and sums of some ten products of size 1 are compared. */
  private static final float BFLOAT16_ERROR = 0.06f;

  private final NDManager manager = Torch.newManager(Device.cpu());

  @AfterEach
  void close() {
    manager.close();
  }

  private NDArray normal(long seed, long... shape) {
    return Autograd.normal(manager, seed, shape);
  }

  private static float error(Precision precision) {
    return precision == Precision.FLOAT32 ? 3e-6f : BFLOAT16_ERROR;
  }

  private static void compare(
      Function<List<NDArray>, NDArray> kernel,
      Function<List<NDArray>, NDArray> reference,
      List<NDArray> inputs,
      float error) {
    Autograd actual = Autograd.of(kernel, inputs);
    Autograd expected = Autograd.of(reference, inputs);
    close(actual.result(), expected.result(), error);
    for (int i = 0; i < inputs.size(); i++) {
      close(actual.gradients().get(i), expected.gradients().get(i), error);
    }
  }

  /** Within the error, as a part of the largest number. */
  private static void close(float[] actual, float[] expected, float error) {
    float largest = 1;
    for (float value : expected) {
      largest = Math.max(largest, Math.abs(value));
    }
    assertThat(actual).containsExactly(expected, within(error * largest));
  }

  @ParameterizedTest
  @EnumSource
  void linearIsAProductAndABias(Precision precision) {
    compare(
        it -> LinearKernel.apply(it.get(0), it.get(1), it.get(2), precision),
        it -> Linear.linear(it.get(0), it.get(1), it.get(2)).singletonOrThrow(),
        List.of(normal(1, 2, 3, 5), normal(2, 4, 5), normal(3, 4)),
        error(precision));
  }

  @ParameterizedTest
  @EnumSource
  void linearWithoutABiasIsAProduct(Precision precision) {
    compare(
        it -> LinearKernel.apply(it.get(0), it.get(1), null, precision),
        it -> Linear.linear(it.get(0), it.get(1)).singletonOrThrow(),
        List.of(normal(1, 3, 5), normal(2, 4, 5)),
        error(precision));
  }

  @Test
  void bfloat16RoundsTheFactorsOfProducts() {
    NDArray x = manager.create(new float[] {1 + 1f / 512}).reshape(1, 1); // between two neighbours
    NDArray one = manager.create(new float[] {1}).reshape(1, 1);

    assertThat(LinearKernel.apply(x, one, null, Precision.BFLOAT16).toFloatArray())
        .containsExactly(1);
    assertThat(LinearKernel.apply(x, one, null, Precision.FLOAT32).toFloatArray())
        .containsExactly(1 + 1f / 512);
  }

  /** 1 + 1/128 is a number of bfloat16, its square is none. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void bfloat16RoundsWhatAProductGives(boolean inFloat32) {
    NDArray x = manager.create(new float[] {1 + 1f / 128}).reshape(1, 1);

    assertThat(
            bfloat16("linear_without_bias", inFloat32, Map.of()).apply(x, x).get(0).toFloatArray())
        .containsExactly(1 + 2f / 128);
  }

  @Test
  void linearIsTheSameOnAProcessorWithoutBfloat16() {
    compareRounded("linear", Map.of(), List.of(normal(1, 6, 5), normal(2, 4, 5), normal(3, 4)));
  }

  @Test
  void feedForwardIsTheSameOnAProcessorWithoutBfloat16() {
    compareRounded(
        "feed_forward",
        Map.of("activation", "gelu"),
        List.of(normal(1, 2, 3, 4), normal(2, 8, 4), normal(3, 8), normal(4, 4, 8), normal(5, 4)));
  }

  /** The products of a kernel in bfloat16, and in float32 of rounded numbers: to half a step. */
  private void compareRounded(String name, Map<String, Object> settings, List<NDArray> inputs) {
    compare(
        it -> bfloat16(name, true, settings).apply(it.toArray(NDArray[]::new)).get(0),
        it -> bfloat16(name, false, settings).apply(it.toArray(NDArray[]::new)).get(0),
        inputs,
        1f / 512);
  }

  private static Kernel bfloat16(String name, boolean inFloat32, Map<String, Object> settings) {
    Map<String, Object> constants = new HashMap<>(settings);
    constants.putAll(Precision.BFLOAT16.constants(inFloat32));
    return Kernel.load(name, constants);
  }

  @Test
  void libtorchTellsWhetherItHasBfloat16ForThisProcessor() {
    assertThat(Kernel.load("bfloat16").number("supported")).isIn(0.0, 1.0);
  }

  @ParameterizedTest
  @CsvSource({
    "GELU, FLOAT32", "GELU, BFLOAT16", "GELU_TANH, FLOAT32", "RELU, FLOAT32",
    "SILU, FLOAT32", "TANH, FLOAT32", "SIGMOID, FLOAT32", "SIGMOID, BFLOAT16"
  })
  void feedForwardIsTwoLinearLayersAndAnActivation(String activation, Precision precision) {
    FeedForwardKernel kernel =
        new FeedForwardKernel(activation.toLowerCase(Locale.ROOT), precision);
    compare(
        it -> kernel.apply(it.get(0), it.get(1), it.get(2), it.get(3), it.get(4)),
        it -> {
          NDArray hidden = Linear.linear(it.get(0), it.get(1), it.get(2)).singletonOrThrow();
          return Linear.linear(activate(activation, hidden), it.get(3), it.get(4))
              .singletonOrThrow();
        },
        List.of(normal(1, 2, 3, 4), normal(2, 8, 4), normal(3, 8), normal(4, 4, 8), normal(5, 4)),
        error(precision));
  }

  private static NDArray activate(String activation, NDArray x) {
    return switch (activation) {
      case "GELU" -> GeluKernel.exact(x);
      case "GELU_TANH" -> GeluKernel.tanh(x);
      case "RELU" -> Activation.relu(x);
      case "SILU" -> x.mul(Activation.sigmoid(x));
      case "TANH" -> Activation.tanh(x);
      default -> Activation.sigmoid(x);
    };
  }

  @ParameterizedTest
  @CsvSource({"FLOAT32, false", "FLOAT32, true", "BFLOAT16, false", "BFLOAT16, true"})
  void multiHeadAttentionIsTheSoftmaxOfScaledProducts(Precision precision, boolean causal) {
    compareAttention(precision, causal, 0);
  }

  /** A dropout so rare that none falls takes the way that dropouts take. */
  @Test
  void multiHeadAttentionThatMayDropIsTheSameWhereNothingIsDropped() {
    compareAttention(Precision.FLOAT32, false, 1e-12);
  }

  @ParameterizedTest
  @CsvSource({"false, 0", "false, 1e-12", "true, 0", "true, 1e-12"})
  void attentionInBfloat16IsThatOnEveryProcessor(boolean inFloat32, double dropout) {
    Kernel kernel =
        bfloat16(
            "multi_head_attention",
            inFloat32,
            Map.of("heads", 2L, "causal", false, "dropout", dropout));
    compareAttention(
        false,
        BFLOAT16_ERROR,
        (it, mask) -> {
          List<NDArray> inputs = new ArrayList<>(it);
          inputs.add(1, mask);
          return kernel.apply(inputs.toArray(NDArray[]::new)).get(0);
        });
  }

  private void compareAttention(Precision precision, boolean causal, double dropout) {
    MultiHeadAttentionKernel kernel = new MultiHeadAttentionKernel(2, causal, dropout, precision);
    compareAttention(
        causal,
        error(precision),
        (it, mask) -> kernel.attend(it.get(0), mask, it.subList(1, 9).toArray(NDArray[]::new)));
  }

  /** In two heads, against the same written out; {@code attention} is given inputs and mask. */
  private void compareAttention(
      boolean causal, float error, BiFunction<List<NDArray>, NDArray, NDArray> attention) {
    NDArray mask = manager.create(new float[] {1, 1, 1, 1, 0, 1}).reshape(2, 3);
    compare(
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
      NDArray places = x.getManager().arange((float) tokens);
      NDArray later = places.expandDims(0).gt(places.expandDims(1));
      bias = bias.add(later.toType(ai.djl.ndarray.types.DataType.FLOAT32, true).mul(-1e9));
    }
    NDArray mixed = scores.add(bias).softmax(3).matMul(parts[2]);
    return Linear.linear(mixed.transpose(0, 2, 1, 3).reshape(x.getShape()), it.get(7), it.get(8))
        .singletonOrThrow();
  }

  @ParameterizedTest
  @ValueSource(doubles = {0.25, 0.5})
  void attentionDropsWeightsAtItsRateAndKeepsTheMean(double dropout) {
    int tokens = 200;
    NDArray x = manager.zeros(new ai.djl.ndarray.types.Shape(1, tokens, tokens));
    NDArray none = manager.zeros(new ai.djl.ndarray.types.Shape(tokens, tokens));
    NDArray zero = manager.zeros(new ai.djl.ndarray.types.Shape(tokens));
    NDArray identity = manager.eye(tokens);
    // Every weight is 1 / tokens, every value 1: what comes out counts what was not dropped.
    NDArray ones = manager.ones(new ai.djl.ndarray.types.Shape(tokens));
    Torch.seed(1);
    float[] mixed =
        new MultiHeadAttentionKernel(1, false, dropout, Precision.FLOAT32)
            .attend(
                x,
                manager.ones(new ai.djl.ndarray.types.Shape(1, tokens)),
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
      mean += mixed[i * tokens] / tokens;
    }
    for (int i = 0; i < tokens; i++) {
      squares += Math.pow(mixed[i * tokens] - mean, 2) / tokens;
    }
    assertThat(mean).isCloseTo(1, within(0.03));
    // The variance of the mean of n numbers that are 0 or 1 / (1 - p) is p / (1 - p) / n.
    assertThat(squares).isCloseTo(dropout / (1 - dropout) / tokens, within(0.5 / tokens));
  }

  @Test
  void theMaskedMeanLeavesPaddingOut() {
    NDArray mask = manager.create(new float[] {1, 1, 0, 1, 0, 0}).reshape(2, 3);
    compare(
        it -> MaskedMeanKernel.mean(it.get(0), mask),
        it -> {
          NDArray x = it.get(0);
          NDArray first = x.get("0, :2").mean(new int[] {0});
          return new NDList(first, x.get("1, 0"))
              .stream().reduce((a, b) -> a.expandDims(0).concat(b.expandDims(0))).orElseThrow();
        },
        List.of(normal(1, 2, 3, 4)),
        1e-6f);
  }

  @Test
  void aResidualIsASum() {
    compare(
        it -> ResidualKernel.add(it.get(0), it.get(1), 0),
        it -> it.get(0).add(it.get(1)),
        List.of(normal(1, 2, 3), normal(2, 2, 3)),
        1e-6f);
  }

  @Test
  void aResidualDropsAtItsRateAndKeepsTheMean() {
    int count = 10_000;
    NDArray zeros = manager.zeros(new ai.djl.ndarray.types.Shape(count));
    NDArray ones = manager.ones(new ai.djl.ndarray.types.Shape(count));
    Torch.seed(1);
    NDArray result = ResidualKernel.add(zeros, ones, 0.25);

    assertThat(result.mean().getFloat()).isCloseTo(1, within(0.03f));
    assertThat(result.eq(0).sum().getLong()).isCloseTo(2_500, within(150L));
  }

  @Test
  void theGradientOfAResidualsPartIsThatOfWhatStays() {
    NDArray ones = manager.ones(new ai.djl.ndarray.types.Shape(20, 5));
    ones.setRequiresGradient(true);
    try (Torch.Recording recording = Torch.recordGradients()) {
      NDArray result =
          ResidualKernel.add(manager.zeros(new ai.djl.ndarray.types.Shape(20, 5)), ones, 0.25);
      Torch.backward(result.sum());
      assertThat(ones.getGradient().toFloatArray()).containsExactly(result.toFloatArray());
    }
  }

  @ParameterizedTest
  @CsvSource({"FLOAT32, true", "FLOAT32, false", "BFLOAT16, true", "BFLOAT16, false"})
  void packedAttentionIsMultiHeadAttentionOfTheWeightsInTurn(Precision precision, boolean masked) {
    NDArray mask = masked ? manager.create(new float[] {1, 1, 1, 0, 1, 1}).reshape(2, 3) : null;
    PackedAttentionKernel packed = new PackedAttentionKernel(2, !masked, 0, precision);
    NDArray all = manager.ones(new ai.djl.ndarray.types.Shape(2, 3));
    compare(
        it ->
            packed
                .attend(
                    it.get(0),
                    mask,
                    null,
                    null,
                    new PackedAttentionKernel.Weights(it.get(1), it.get(2), it.get(3), it.get(4)))
                .x(),
        it -> {
          NDList weights = it.get(1).split(3, 0);
          NDList biases = it.get(2).split(3, 0);
          List<NDArray> apart =
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
          return attend(apart, mask == null ? all : mask, 2, !masked);
        },
        List.of(normal(1, 2, 3, 4), normal(2, 12, 4), normal(3, 12), normal(4, 4, 4), normal(5, 4)),
        error(precision));
  }

  @Test
  void packedAttentionGoesOnBehindKeysAndValuesThatItHasLeft() {
    PackedAttentionKernel kernel = new PackedAttentionKernel(2, true, 0, Precision.FLOAT32);
    PackedAttentionKernel.Weights weights =
        new PackedAttentionKernel.Weights(
            normal(2, 12, 4), normal(3, 12), normal(4, 4, 4), normal(5, 4));
    NDArray x = normal(1, 2, 5, 4);
    NDArray whole = kernel.attend(x, null, null, null, weights).x();
    PackedAttentionKernel.Result first = kernel.attend(x.get(":, :3"), null, null, null, weights);
    PackedAttentionKernel.Result second =
        kernel.attend(x.get(":, 3:"), null, first.keys(), first.values(), weights);

    assertThat(second.x().toFloatArray())
        .containsExactly(whole.get(":, 3:").toFloatArray(), within(1e-6f));
    assertThat(second.keys().getShape()).isEqualTo(new ai.djl.ndarray.types.Shape(2, 2, 5, 2));
  }
}
