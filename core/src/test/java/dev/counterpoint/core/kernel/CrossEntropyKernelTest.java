package dev.counterpoint.core.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.counterpoint.core.loss.CrossEntropy;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class CrossEntropyKernelTest {
  private static final int CLASSES = 4;
  private static final long[] LABELS = {0, 3, CrossEntropy.IGNORED, 1, 1};

  private final NDManager manager = Torch.newManager(Device.cpu());

  @AfterEach
  void close() {
    manager.close();
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, 0.1, 1})
  void sumAndGradientAreThoseOfTheFormula(double smoothing) {
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

  /** The distribution that each row should have; 0 where it does not count. */
  private NDArray targets(double smoothing) {
    float[] targets = new float[LABELS.length * CLASSES];
    for (int i = 0; i < targets.length; i++) {
      long label = LABELS[i / CLASSES];
      double own = label == i % CLASSES ? 1 - smoothing : 0;
      targets[i] = label < 0 ? 0 : (float) (own + smoothing / CLASSES);
    }
    return manager.create(targets, new Shape(LABELS.length, CLASSES));
  }

  @Test
  void manyClassesAreTakenInPartsWithTheSameGradient() {
    int classes = 1_500_000; // so that two rows are one part
    List<NDArray> logits = List.of(Autograd.normal(manager, 1, LABELS.length, classes));
    long[] labels = {0, classes - 1, CrossEntropy.IGNORED, 1, 1};
    NDArray counted = manager.create(new long[] {0, classes - 1, 1, 1}).expandDims(1);
    NDArray rows = manager.create(new long[] {0, 1, 3, 4});

    Autograd actual =
        Autograd.of(
            it -> CrossEntropyKernel.of(it.get(0), manager.create(labels), 0).sum(), logits);
    Autograd expected =
        Autograd.of(
            it -> it.get(0).logSoftmax(-1).get(rows).gather(counted, 1).sum().neg(), logits);

    assertThat(actual.result()).containsExactly(expected.result(), within(1e-4f));
    float furthest = 0;
    for (int i = 0; i < LABELS.length * classes; i++) {
      float off = actual.gradients().get(0)[i] - expected.gradients().get(0)[i];
      furthest = Math.max(furthest, Math.abs(off));
    }
    assertThat(furthest).isLessThan(1e-6f);
  }

  @Test
  void theCountLeavesOutTheIgnored() {
    NDArray logits = manager.zeros(new Shape(LABELS.length, CLASSES));

    assertThat(CrossEntropyKernel.of(logits, manager.create(LABELS), 0).count().getLong())
        .isEqualTo(4);
  }

  @Test
  void whereNothingCountsTheSumIsZero() {
    NDArray logits = manager.zeros(new Shape(2, CLASSES));
    NDArray labels = manager.full(new Shape(2), CrossEntropy.IGNORED, DataType.INT64);

    CrossEntropyKernel.Result result = CrossEntropyKernel.of(logits, labels, 0.1);

    assertThat(result.sum().getFloat()).isZero();
    assertThat(result.count().getLong()).isZero();
  }
}
