package dev.counterpoint.core.kernel.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.counterpoint.core.kernel.Autograd;
import dev.counterpoint.core.kernel.Torch;
import dev.counterpoint.core.loss.CrossEntropy;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class CrossEntropyKernelTest {
  private static final int CLASSES = 4;
  private static final long[] LABELS = {0, 3, CrossEntropy.IGNORED, 1, 1};
  private static final long[] COUNTED = {0, 3, 1, 1};

  /** Number of classes that makes the kernel process the rows in chunks. */
  private static final int MANY = 1_500_000;

  private final NDManager manager = Torch.newManager(Device.cpu());

  @AfterEach
  void close() {
    manager.close();
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, 0.1, 1})
  void sumAndGradientEqualTheFormula(double smoothing) {
    List<NDArray> logits = List.of(Autograd.normal(manager, 1, LABELS.length, CLASSES));
    NDArray labels = manager.create(LABELS);
    NDArray targets = targets(smoothing);

    Autograd actual =
        Autograd.of(it -> CrossEntropyKernel.of(it.get(0), labels, smoothing).sum(), logits);
    Autograd expected =
        Autograd.of(it -> it.get(0).logSoftmax(-1).mul(targets).sum().neg(), logits);

    assertThat(actual.result()).containsExactly(expected.result(), within(5e-6f));
    assertThat(actual.gradients().get(0))
        .containsExactly(expected.gradients().get(0), within(1e-6f));
  }

  /** The target distribution of each row; 0 for ignored rows. */
  private NDArray targets(double smoothing) {
    float[] targets = new float[LABELS.length * CLASSES];
    for (int i = 0; i < targets.length; i++) {
      long label = LABELS[i / CLASSES];
      double target = label == i % CLASSES ? 1 - smoothing : 0;
      targets[i] = label < 0 ? 0 : (float) (target + smoothing / CLASSES);
    }
    return manager.create(targets, new Shape(LABELS.length, CLASSES));
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, 0.1})
  void chunkedSumAndGradientEqualTheFormula(double smoothing) {
    List<NDArray> logits = List.of(Autograd.normal(manager, 1, LABELS.length, MANY));
    NDArray labels = manager.create(LABELS);
    NDArray rows = manager.create(new long[] {0, 1, 3, 4}); // the rows that are not ignored
    NDArray target = manager.create(COUNTED).expandDims(1);

    Autograd actual =
        Autograd.of(it -> CrossEntropyKernel.of(it.get(0), labels, smoothing).sum(), logits);
    Autograd expected =
        Autograd.of(
            it -> {
              NDArray logs = it.get(0).logSoftmax(-1).get(rows);
              NDArray mean = logs.sum().mul((float) smoothing / MANY);
              return logs.gather(target, 1).sum().mul(1 - (float) smoothing).add(mean).neg();
            },
            logits);

    assertThat(actual.result()).containsExactly(expected.result(), within(1e-4f));
    assertThat(maxDifference(actual.gradients().get(0), expected.gradients().get(0)))
        .isLessThan(1e-6f);
  }

  @Test
  void chunkedSumSupportsNegativeInfinity() {
    NDArray logits = manager.zeros(new Shape(LABELS.length, MANY));
    logits.set(new NDIndex(":, 4:"), Float.NEGATIVE_INFINITY);

    Autograd actual =
        Autograd.of(
            it -> CrossEntropyKernel.of(it.get(0), manager.create(LABELS), 0).sum(),
            List.of(logits));

    assertThat(actual.result()[0]).isCloseTo((float) (4 * Math.log(4)), within(1e-5f));
    assertThat(Arrays.copyOf(actual.gradients().get(0), 5))
        .containsExactly(new float[] {-0.375f, 0.125f, 0.125f, 0.125f, 0}, within(1e-6f));
  }

  @Test
  void chunkedSumWorksWithoutGradient() {
    NDArray logits = manager.zeros(new Shape(LABELS.length, MANY));

    assertThat(CrossEntropyKernel.of(logits, manager.create(LABELS), 0).sum().getFloat())
        .isCloseTo((float) (4 * Math.log(MANY)), within(1e-3f));
  }

  private static float maxDifference(float[] first, float[] second) {
    float maxDifference = 0;
    for (int i = 0; i < first.length; i++) {
      maxDifference = Math.max(maxDifference, Math.abs(first[i] - second[i]));
    }
    return maxDifference;
  }

  @Test
  void countExcludesIgnoredRows() {
    NDArray logits = manager.zeros(new Shape(LABELS.length, CLASSES));

    assertThat(CrossEntropyKernel.of(logits, manager.create(LABELS), 0).count().getLong())
        .isEqualTo(4);
  }

  @Test
  void sumIsZeroIfAllRowsAreIgnored() {
    NDArray logits = manager.zeros(new Shape(2, CLASSES));
    NDArray labels = manager.full(new Shape(2), CrossEntropy.IGNORED, DataType.INT64);

    CrossEntropyKernel.Result result = CrossEntropyKernel.of(logits, labels, 0.1);

    assertThat(result.sum().getFloat()).isZero();
    assertThat(result.count().getLong()).isZero();
  }
}
