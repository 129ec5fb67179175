package dev.counterpoint.core.kernel.operator;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.counterpoint.core.kernel.Autograd;
import dev.counterpoint.core.kernel.Torch;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class EmbeddingKernelTest {
  private final NDManager manager = Torch.newManager(Device.cpu());
  private final NDArray ids = manager.create(new long[] {2, 0, 2, 3}, new Shape(2, 2));

  @AfterEach
  void close() {
    manager.close();
  }

  @Test
  void valuesAndGradientsEqualOneHotMultiplication() {
    List<NDArray> weight = List.of(Autograd.normal(manager, 1, 4, 3));
    NDArray oneHot = ids.oneHot(4, DataType.FLOAT32);

    Autograd actual =
        Autograd.of(it -> Functional.embedding(ids, it.get(0), Functional.NO_PADDING), weight);
    Autograd expected = Autograd.of(it -> oneHot.matMul(it.get(0)), weight);

    assertThat(actual.result()).containsExactly(expected.result());
    assertThat(actual.gradients().get(0)).containsExactly(expected.gradients().get(0));
  }

  @Test
  void paddingRowIsLookedUpButGetsNoGradient() {
    List<NDArray> weight = List.of(manager.ones(new Shape(4, 1)));

    Autograd result = Autograd.of(it -> Functional.embedding(ids, it.get(0), 2), weight);

    assertThat(result.result()).containsExactly(1, 1, 1, 1);
    assertThat(result.gradients().get(0)[2]).isZero();
    assertThat(result.gradients().get(0)[0]).isNotZero();
  }
}
