package dev.counterpoint.core.kernel.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.counterpoint.core.kernel.Autograd;
import dev.counterpoint.core.kernel.Torch;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class GeluKernelTest {
  private final NDManager manager = Torch.newManager(Device.cpu());

  @AfterEach
  void close() {
    manager.close();
  }

  @Test
  void exactGeluEqualsTheFormula() {
    check(Functional::gelu, x -> x.mul(x.div(Math.sqrt(2)).erf().add(1).div(2)));
  }

  @Test
  void tanhGeluEqualsTheFormula() {
    check(
        Functional::geluTanh,
        x -> {
          NDArray inner = x.mul(x).mul(x).mul(0.044715).add(x).mul(Math.sqrt(2 / Math.PI));
          return x.mul(inner.tanh().add(1).div(2));
        });
  }

  private void check(UnaryOperator<NDArray> kernel, UnaryOperator<NDArray> reference) {
    List<NDArray> x = List.of(manager.arange(-6f, 6f, 0.25f));
    Autograd actual = Autograd.of(it -> kernel.apply(it.get(0)), x);
    Autograd expected = Autograd.of(it -> reference.apply(it.get(0)), x);

    assertThat(actual.result()).containsExactly(expected.result(), within(2e-6f));
    assertThat(actual.gradients().get(0))
        .containsExactly(expected.gradients().get(0), within(2e-6f));
  }
}
