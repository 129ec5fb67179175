package dev.counterpoint.core.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class KernelTest {
  private final NDManager manager = Torch.newManager(Device.cpu());

  @AfterEach
  void close() {
    manager.close();
  }

  @Test
  void constantsOfEveryTypeReachTheText() {
    Map<String, Object> constants =
        Map.of("rate", 0.125, "count", -3_000_000_000L, "on", true, "word", "tanh");

    NDArray result =
        Kernel.load("constants", constants)
            .apply(manager.zeros(new ai.djl.ndarray.types.Shape(4)))
            .get(0);

    assertThat(result.toDoubleArray()).containsExactly(0.125, -3e9, 1, 4);
  }

  @Test
  void aKernelIsLoadedOnce() {
    assertThat(Kernel.load("constants", constants(0.5)))
        .isSameAs(Kernel.load("constants", constants(0.5)));
    assertThat(Kernel.load("constants", constants(0.5)))
        .isNotSameAs(Kernel.load("constants", constants(0.6)));
  }

  private static Map<String, Object> constants(double rate) {
    return Map.of("rate", rate, "count", 1L, "on", false, "word", "");
  }

  @Test
  void aKernelThatDoesNotLoadIsNamedWithLibtorchsMessage() {
    assertThatThrownBy(() -> Kernel.load("broken"))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("Kernel broken does not load")
        .hasMessageContaining("no_such_operator");
  }

  @Test
  void aKernelWithoutATextIsNamed() {
    assertThatThrownBy(() -> Kernel.load("absent"))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("Kernel absent does not load");
  }
}
