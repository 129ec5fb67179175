package dev.counterpoint.core.model.attention;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.counterpoint.core.kernel.Torch;
import dev.counterpoint.core.model.Parts;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MultiHeadAttentionTest {
  private static final int WIDTH = 4;
  private static final int HEADS = 2;
  private static final int TOKENS = 3;

  private final NDManager manager = Torch.newManager(Device.cpu());

  @AfterEach
  void close() {
    manager.close();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void outputEqualsTheFormula(boolean causal) {
    MultiHeadAttention layer = layer(causal, 0);
    try (Parts model = Parts.of(layer)) {
      float[] x = randomInput(1);

      float[] actual = attend(layer, x, 1, 1, 1);

      double[] expected = reference(model, x, causal);
      for (int i = 0; i < expected.length; i++) {
        assertThat((double) actual[i]).isCloseTo(expected[i], within(1e-6));
      }
    }
  }

  /** Computes equation 1 of Vaswani et al. 2017 element by element. */
  private static double[] reference(Parts model, float[] x, boolean causal) {
    double[] query = project(model, "query", toDoubles(x));
    double[] key = project(model, "key", toDoubles(x));
    double[] value = project(model, "value", toDoubles(x));
    double[] context = new double[x.length];
    int headWidth = WIDTH / HEADS;
    for (int head = 0; head < HEADS; head++) {
      for (int i = 0; i < TOKENS; i++) {
        int visible = causal ? i + 1 : TOKENS;
        double[] weights = new double[visible];
        double total = 0;
        for (int j = 0; j < visible; j++) {
          double product = 0;
          for (int c = head * headWidth; c < (head + 1) * headWidth; c++) {
            product += query[i * WIDTH + c] * key[j * WIDTH + c];
          }
          weights[j] = Math.exp(product / Math.sqrt(headWidth));
          total += weights[j];
        }
        for (int j = 0; j < visible; j++) {
          for (int c = head * headWidth; c < (head + 1) * headWidth; c++) {
            context[i * WIDTH + c] += weights[j] / total * value[j * WIDTH + c];
          }
        }
      }
    }
    return project(model, "output", context);
  }

  private static double[] project(Parts model, String name, double[] x) {
    float[] weight = model.values("part." + name + ".weight");
    float[] bias = model.values("part." + name + ".bias");
    double[] y = new double[x.length];
    for (int i = 0; i < TOKENS; i++) {
      for (int output = 0; output < WIDTH; output++) {
        y[i * WIDTH + output] = bias[output];
        for (int input = 0; input < WIDTH; input++) {
          y[i * WIDTH + output] += x[i * WIDTH + input] * weight[output * WIDTH + input];
        }
      }
    }
    return y;
  }

  @Test
  void maskedTokenDoesNotInfluenceOthers() {
    MultiHeadAttention layer = layer(false, 0);
    try (Parts model = Parts.of(layer)) {
      float[] x = randomInput(1);
      float[] other = x.clone();
      Arrays.fill(other, 2 * WIDTH, 3 * WIDTH, 100);

      assertThat(Arrays.copyOf(attend(layer, x, 1, 1, 0), 2 * WIDTH))
          .isEqualTo(Arrays.copyOf(attend(layer, other, 1, 1, 0), 2 * WIDTH))
          .isNotEqualTo(Arrays.copyOf(attend(layer, x, 1, 1, 1), 2 * WIDTH));
    }
  }

  @Test
  void laterTokenDoesNotInfluenceEarlierOnesInCausalAttention() {
    MultiHeadAttention layer = layer(true, 0);
    try (Parts model = Parts.of(layer)) {
      float[] x = randomInput(1);
      float[] other = x.clone();
      Arrays.fill(other, 2 * WIDTH, 3 * WIDTH, 100);

      assertThat(Arrays.copyOf(attend(layer, x, 1, 1, 1), 2 * WIDTH))
          .isEqualTo(Arrays.copyOf(attend(layer, other, 1, 1, 1), 2 * WIDTH));
    }
  }

  @Test
  void dropoutIsActiveOnlyInTraining() {
    MultiHeadAttention layer = layer(false, 0.5);
    try (Parts model = Parts.of(layer)) {
      float[] x = randomInput(1);
      float[] evaluated = attend(layer, x, 1, 1, 1);
      layer.setTraining(true);
      Torch.seed(1);

      assertThat(attend(layer, x, 1, 1, 1)).isNotEqualTo(evaluated);
      layer.setTraining(false);
      assertThat(attend(layer, x, 1, 1, 1)).isEqualTo(evaluated);
    }
  }

  private static MultiHeadAttention layer(boolean causal, double dropout) {
    return new MultiHeadAttention(new AttentionConfig.BlockSpec(WIDTH, HEADS, causal, dropout));
  }

  private float[] attend(MultiHeadAttention layer, float[] x, float... mask) {
    NDArray tokens = manager.create(x, new Shape(1, TOKENS, WIDTH));
    return layer.forward(tokens, manager.create(mask, new Shape(1, TOKENS))).toFloatArray();
  }

  private static float[] randomInput(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    float[] randomInput = new float[TOKENS * WIDTH];
    for (int i = 0; i < randomInput.length; i++) {
      randomInput[i] = (float) random.nextDouble(-2, 2);
    }
    return randomInput;
  }

  private static double[] toDoubles(float[] values) {
    double[] doubles = new double[values.length];
    for (int i = 0; i < values.length; i++) {
      doubles[i] = values[i];
    }
    return doubles;
  }
}
