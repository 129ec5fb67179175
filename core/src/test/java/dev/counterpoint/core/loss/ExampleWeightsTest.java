package dev.counterpoint.core.loss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.counterpoint.core.data.Batch;
import dev.counterpoint.core.data.HostBatch;
import dev.counterpoint.core.data.HostTensor;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Losses of batches with {@link Batch#WEIGHTS}: each example counts that many times. */
class ExampleWeightsTest {
  private static final float[] WEIGHTS = {2, 0, 0.5f};

  static Stream<Loss> elementwise() {
    return Stream.of(new MeanSquaredError(), new Huber(1), new BinaryCrossEntropy());
  }

  @ParameterizedTest
  @MethodSource("elementwise")
  void anElementwiseLossIsTheWeightedSumOfItsExamples(Loss loss) {
    float[] outputs = {1, -2, 3, 0.5f, -1, 4};
    float[] targets = {1, 0, 0.25f, 1, 0, 0.5f};

    double expected = 0;
    for (int i = 0; i < WEIGHTS.length; i++) {
      float[] row = {outputs[2 * i], outputs[2 * i + 1]};
      HostTensor target = HostTensor.of(new float[] {targets[2 * i], targets[2 * i + 1]}, 1, 2);
      expected += WEIGHTS[i] * sum(loss, row, target, null)[0];
    }

    double[] found = sum(loss, outputs, HostTensor.of(targets, 3, 2), WEIGHTS);
    assertThat(found[0]).isCloseTo(expected, within(1e-5));
    assertThat(found[1]).isEqualTo(5); // of two outputs each
  }

  /** 3 x -log softmax, from torch.nn.functional.cross_entropy with reduction "none". */
  @Test
  void crossEntropyIsTheWeightedSumOfItsExamples() {
    float[] logits = {0, 1, 2, -1, 3, 0};

    double[] found =
        sum(CrossEntropy.defaults(), logits, HostTensor.of(new long[] {0, 1, 0}, 3), WEIGHTS);

    double first = Math.log(1 + Math.exp(1));
    double third = Math.log(1 + Math.exp(-3));
    assertThat(found[0]).isCloseTo(2 * first + 0.5 * third, within(1e-5));
    assertThat(found[1]).isEqualTo(2.5);
  }

  @Test
  void anIgnoredLabelHasNoWeight() {
    double[] found =
        sum(
            new CrossEntropy(0.1),
            new float[] {0, 1, 2, -1, 3, 0},
            HostTensor.of(new long[] {CrossEntropy.IGNORED, 1, 0}, 3),
            WEIGHTS);

    assertThat(found[1]).isEqualTo(0.5);
  }

  @Test
  void weightsOf1ChangeNothing() {
    float[] logits = {0, 1, 2, -1, 3, 0};
    HostTensor labels = HostTensor.of(new long[] {0, 1, 0}, 3);
    Loss loss = new CrossEntropy(0.1);

    assertThat(sum(loss, logits, labels, new float[] {1, 1, 1}))
        .containsExactly(sum(loss, logits, labels, null), within(1e-6));
  }

  /** The sum and the weight of a loss for outputs (rows, 2). */
  private static double[] sum(Loss loss, float[] outputs, HostTensor labels, float[] weights) {
    int rows = outputs.length / 2;
    Map<String, HostTensor> tensors =
        weights == null
            ? Map.of(Batch.LABELS, labels)
            : Map.of(Batch.LABELS, labels, Batch.WEIGHTS, HostTensor.of(weights, rows));
    try (NDManager manager = NDManager.newBaseManager();
        Batch batch = new Batch(HostBatch.of(rows, tensors), Device.cpu())) {
      NDArray output = manager.create(outputs, new Shape(rows, 2));
      LossSum sum = loss.of(output, batch);
      return new double[] {sum.total(), sum.weight()};
    }
  }
}
